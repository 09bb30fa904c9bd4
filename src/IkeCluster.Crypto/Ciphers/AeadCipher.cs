using System.Security.Cryptography;
using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Ciphers;

/// <summary>
/// AES-GCM (RFC 5282, RFC 4106) and ChaCha20-Poly1305 (RFC 7634). By libcrypto for every tag length, because the base
/// class library has no GCM tag of 8 octets.
/// </summary>
internal class AeadCipher : MessageCipher
{
    private readonly DirectedCipher _cipher;
    private readonly SecretBytes _nonce;    // salt | IV
    private readonly int _saltOctets;

    internal AeadCipher(CipherTable.Row row, ReadOnlySpan<byte> keyAndSalt)
        : this(row, keyAndSalt, tagOctetsAtKey: 0)
    {
    }

    private protected AeadCipher(CipherTable.Row row, ReadOnlySpan<byte> keyAndSalt, int tagOctetsAtKey)
        : base(row.IvOctets, row.TagOctets)
    {
        _saltOctets = row.SaltOctets;
        _nonce = new SecretBytes(row.SaltOctets + row.IvOctets);
        keyAndSalt[row.KeyOctets..].CopyTo(_nonce.Reveal());
        _cipher = new DirectedCipher(row.Native, keyAndSalt[..row.KeyOctets], _nonce.Length, tagOctetsAtKey);
    }

    public override void Dispose()
    {
        _cipher.Dispose();
        _nonce.Dispose();
    }

    private protected override void SealSound(Span<byte> message, int ivOffset)
    {
        EvpCipherContext context = _cipher.Encrypting;
        Span<byte> text = TextOf(message, ivOffset);
        Begin(context, message, ivOffset, text.Length);
        LibCrypto.Check(context.TryTransform(text) && context.TryFinish() ? 1 : 0);
        context.ReadTag(IcvOf(message));
    }

    private protected override bool TryOpenSound(Span<byte> message, int ivOffset)
    {
        EvpCipherContext context = _cipher.Decrypting;
        Span<byte> text = TextOf(message, ivOffset);
        context.ExpectTag(IcvOf(message));
        Begin(context, message, ivOffset, text.Length);
        if (TryOpenText(context, text))
        {
            return true;
        }

        CryptographicOperations.ZeroMemory(text);
        LibCrypto.ClearErrors();
        return false;
    }

    private protected virtual bool TryOpenText(EvpCipherContext context, Span<byte> text) =>
        (text.IsEmpty || context.TryTransform(text)) && context.TryFinish();

    private protected virtual void AnnounceLength(EvpCipherContext context, int textOctets)
    {
    }

    private void Begin(EvpCipherContext context, Span<byte> message, int ivOffset, int textOctets)
    {
        Span<byte> nonce = _nonce.Reveal();
        IvOf(message, ivOffset).CopyTo(nonce[_saltOctets..]);
        context.Begin(nonce);
        AnnounceLength(context, textOctets);
        context.Associate(message[..ivOffset]);
    }
}
