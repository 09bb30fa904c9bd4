using IkeCluster.Crypto.Integrity;
using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Ciphers;

/// <summary>
/// A cipher with an integrity transform beside it: encrypted first; nothing is decrypted before the ICV holds.
/// </summary>
internal abstract class EncryptThenMacCipher : MessageCipher
{
    private readonly DirectedCipher _cipher;
    private readonly KeyedMac _mac;

    private protected EncryptThenMacCipher(
        CipherTable.Row row, ReadOnlySpan<byte> key, IntegrityAlgorithm integrity, ReadOnlySpan<byte> integrityKey)
        : base(row.IvOctets, integrity.IcvOctets)
    {
        _cipher = new DirectedCipher(row.Native, key);
        _mac = integrity.Bind(integrityKey);
    }

    public override void Dispose()
    {
        _cipher.Dispose();
        _mac.Dispose();
    }

    private protected override void SealSound(Span<byte> message, int ivOffset)
    {
        Transform(_cipher.Encrypting, message, ivOffset);
        _mac.Compute(message[..^IcvOctets], IcvOf(message));
    }

    private protected override bool TryOpenSound(Span<byte> message, int ivOffset)
    {
        if (!_mac.Verify(message[..^IcvOctets], IcvOf(message)))
        {
            return false;
        }

        Transform(_cipher.Decrypting, message, ivOffset);
        return true;
    }

    private protected abstract void Begin(EvpCipherContext context, ReadOnlySpan<byte> iv);

    private void Transform(EvpCipherContext context, Span<byte> message, int ivOffset)
    {
        Begin(context, IvOf(message, ivOffset));
        LibCrypto.Check(context.TryTransform(TextOf(message, ivOffset)) ? 1 : 0);
    }
}
