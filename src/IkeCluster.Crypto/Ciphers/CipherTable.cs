using IkeCluster.Crypto.Native;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.Ciphers;

/// <summary>The transforms of type 1 (ENCR) that we have, with the numbers that their RFCs give them.</summary>
internal static class CipherTable
{
    private static readonly Row[] Rows =
    [
        .. AesRows(EncryptionId.AesGcm16, "GCM", saltOctets: 4, ivOctets: 8, tagOctets: 16),    // RFC 4106, RFC 5282
        .. AesRows(EncryptionId.AesGcm12, "GCM", saltOctets: 4, ivOctets: 8, tagOctets: 12),
        .. AesRows(EncryptionId.AesGcm8, "GCM", saltOctets: 4, ivOctets: 8, tagOctets: 8),
        .. AesRows(EncryptionId.AesCcm16, "CCM", saltOctets: 3, ivOctets: 8, tagOctets: 16),    // RFC 4309, RFC 5282
        .. AesRows(EncryptionId.AesCcm12, "CCM", saltOctets: 3, ivOctets: 8, tagOctets: 12),
        .. AesRows(EncryptionId.AesCcm8, "CCM", saltOctets: 3, ivOctets: 8, tagOctets: 8),
        .. AesRows(EncryptionId.AesCbc, "CBC", saltOctets: 0, ivOctets: 16, tagOctets: 0),      // RFC 3602
        .. AesRows(EncryptionId.AesCtr, "CTR", saltOctets: 4, ivOctets: 8, tagOctets: 0),       // RFC 3686, RFC 5930

        // RFC 7634: one key length, so the attribute is absent.
        new Row(
            EncryptionId.ChaCha20Poly1305, 0, 32, SaltOctets: 4, IvOctets: 8, TagOctets: 16,
            EvpCipher.Fetch("ChaCha20-Poly1305")),
    ];

    internal static EvpCipher Aes128Ecb { get; } = EvpCipher.Fetch("AES-128-ECB");

    /// <summary>Null: not one of ours, or not with a key of that length.</summary>
    internal static Row? Find(EncryptionId id, int keyBits) =>
        Array.Find(Rows, row => row.Id == id && row.KeyBits == keyBits);

    private static Row[] AesRows(EncryptionId id, string mode, int saltOctets, int ivOctets, int tagOctets) =>
    [
        new Row(id, 128, 16, saltOctets, ivOctets, tagOctets, EvpCipher.Fetch($"AES-128-{mode}")),
        new Row(id, 192, 24, saltOctets, ivOctets, tagOctets, EvpCipher.Fetch($"AES-192-{mode}")),
        new Row(id, 256, 32, saltOctets, ivOctets, tagOctets, EvpCipher.Fetch($"AES-256-{mode}")),
    ];

    /// <summary>One cipher with one key length.</summary>
    /// <param name="Id">The transform.</param>
    /// <param name="KeyBits">The Key Length attribute; 0 where there is none.</param>
    /// <param name="KeyOctets">Without the salt.</param>
    /// <param name="SaltOctets">What the key schedule gives behind the key, the fixed front of each nonce.</param>
    /// <param name="IvOctets">What each message carries.</param>
    /// <param name="TagOctets">0: the cipher needs an integrity transform beside it.</param>
    /// <param name="Native">libcrypto's.</param>
    internal sealed record Row(
        EncryptionId Id, int KeyBits, int KeyOctets, int SaltOctets, int IvOctets, int TagOctets, EvpCipher Native)
    {
        internal bool IsAead => TagOctets != 0;
    }
}
