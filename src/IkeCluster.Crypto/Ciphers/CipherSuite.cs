using IkeCluster.Crypto.Integrity;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.Ciphers;

/// <summary>
/// What protects a message: a cipher with its key length in bits (0 where the transform has none), and the integrity
/// transform beside it, None for the AEAD ciphers (RFC 7296 §3.3.2, RFC 5282 §8).
/// </summary>
public sealed record CipherSuite(EncryptionId Encryption, int KeyBits, IntegrityId Integrity)
{
    /// <summary>Whether both parts are ours and fit together.</summary>
    public bool IsSupported => CipherTable.Find(Encryption, KeyBits) is { } row
        && (row.IsAead ? Integrity == IntegrityId.None : IntegrityAlgorithm.Find(Integrity) is not null);

    /// <summary>Key and salt, as taken from the key schedule.</summary>
    public int EncryptionKeyOctets => Row.KeyOctets + Row.SaltOctets;

    public int IntegrityKeyOctets => IntegrityAlgorithm.Find(Integrity)?.KeyOctets ?? 0;

    internal CipherTable.Row Row => CipherTable.Find(Encryption, KeyBits)
        ?? throw new NotSupportedException($"no cipher {Encryption} with {KeyBits} bits");

    public static CipherSuite From(Proposal chosen) =>
        new(chosen.Encryption, chosen.EncryptionKeyBits, chosen.Integrity);
}
