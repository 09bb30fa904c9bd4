using IkeCluster.Crypto.Integrity;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.Ciphers;

/// <summary>
/// One direction's protection of IKE messages or ESP packets: bound to its keys, used for message after message, not
/// thread-safe. A message is
/// <code>
/// | associated data .. | IV | text, padded by the caller | ICV |
///                      ^ ivOffset
/// </code>
/// An AEAD cipher authenticates the associated data and the text; the others authenticate all in front of the ICV
/// (RFC 7296 §3.14, RFC 5282 §5.1, RFC 4303 §3.3.2).
/// </summary>
public abstract class MessageCipher : IDisposable
{
    private protected MessageCipher(int ivOctets, int icvOctets) => (IvOctets, IcvOctets) = (ivOctets, icvOctets);

    public int IvOctets { get; }

    public int IcvOctets { get; }

    /// <summary>The text is a multiple of this; 1 where there is no such need.</summary>
    public virtual int BlockOctets => 1;

    /// <summary>
    /// True: the IV must never repeat under this key, and a counter serves (RFC 5282 §3.1, RFC 3686 §3.1).
    /// False: it must not be foreseen, so it is random (RFC 3602 §2.1).
    /// </summary>
    public virtual bool TakesCounterIv => true;

    public static bool IsSupported(Proposal chosen) => CipherSuite.From(chosen).IsSupported;

    /// <summary>Copies the keys; the caller's may be wiped.</summary>
    public static MessageCipher Create(
        CipherSuite suite, ReadOnlySpan<byte> encryptionKey, ReadOnlySpan<byte> integrityKey)
    {
        CipherTable.Row row = suite.Row;
        OctetCount.MustBe(suite.EncryptionKeyOctets, encryptionKey.Length);
        OctetCount.MustBe(suite.IntegrityKeyOctets, integrityKey.Length);
        if (row.IsAead)
        {
            return suite.Encryption is EncryptionId.AesCcm8 or EncryptionId.AesCcm12 or EncryptionId.AesCcm16
                ? new CcmCipher(row, encryptionKey)
                : new AeadCipher(row, encryptionKey);
        }

        IntegrityAlgorithm integrity = IntegrityAlgorithm.Find(suite.Integrity)
            ?? throw new NotSupportedException($"no integrity transform {suite.Integrity}");
        return suite.Encryption is EncryptionId.AesCbc
            ? new CbcCipher(row, encryptionKey, integrity, integrityKey)
            : new CtrCipher(row, encryptionKey, integrity, integrityKey);
    }

    /// <summary>Encrypts in place and writes the ICV. The IV stands at <paramref name="ivOffset"/> already.</summary>
    public void Seal(Span<byte> message, int ivOffset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ivOffset);
        int textOctets = message.Length - ivOffset - IvOctets - IcvOctets;
        OctetCount.MustNotExceed(message.Length, ivOffset + IvOctets + IcvOctets);
        OctetCount.MustBe(0, textOctets % BlockOctets);
        SealSound(message, ivOffset);
    }

    /// <summary>
    /// Decrypts in place. False: too short, not whole blocks, or a wrong ICV; the text is then untouched or zero.
    /// </summary>
    public bool TryOpen(Span<byte> message, int ivOffset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ivOffset);
        int textOctets = message.Length - ivOffset - IvOctets - IcvOctets;
        return textOctets >= 0 && textOctets % BlockOctets == 0 && TryOpenSound(message, ivOffset);
    }

    public abstract void Dispose();

    /// <summary>The lengths are sound: the public half has seen to it.</summary>
    private protected abstract void SealSound(Span<byte> message, int ivOffset);

    private protected abstract bool TryOpenSound(Span<byte> message, int ivOffset);

    private protected Span<byte> IvOf(Span<byte> message, int ivOffset) => message.Slice(ivOffset, IvOctets);

    private protected Span<byte> TextOf(Span<byte> message, int ivOffset) => message[(ivOffset + IvOctets)..^IcvOctets];

    private protected Span<byte> IcvOf(Span<byte> message) => message[^IcvOctets..];
}
