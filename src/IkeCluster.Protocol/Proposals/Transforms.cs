using System.Collections.Frozen;

namespace IkeCluster.Protocol.Proposals;

/// <summary>The names under which transforms are shown: strongSwan's, so that both ends' tools say the same.</summary>
public static class Transforms
{
    private static readonly FrozenDictionary<(TransformType Type, ushort Id), string> Names = Known().ToFrozenDictionary();

    /// <summary>As <c>AES_GCM_16-256</c> or <c>PRF_HMAC_SHA2_384</c>; <c>KE1_</c> and so on before an additional key exchange.</summary>
    public static string Name(Transform transform)
    {
        int additional = AdditionalExchange(transform.Type);
        TransformType family = additional == 0 ? transform.Type : TransformType.KeyExchange;
        string name = Names.GetValueOrDefault((family, transform.Id)) ?? $"UNKNOWN_{(byte)transform.Type}_{transform.Id}";
        string prefix = additional == 0 ? "" : $"KE{additional}_";
        string keyLength = transform.KeyLengthBits == 0 ? "" : $"-{transform.KeyLengthBits}";
        return prefix + name + keyLength;
    }

    /// <summary>A cipher that authenticates by itself, so that no integrity transform stands beside it (RFC 5282 §8).</summary>
    public static bool IsAead(this EncryptionId encryption) =>
        encryption is (>= EncryptionId.AesCcm8 and <= EncryptionId.AesGcm16) or EncryptionId.ChaCha20Poly1305;

    /// <summary>Which of the seven additional key exchanges a type is, from 1; else 0 (RFC 9370 §2.2.1).</summary>
    public static int AdditionalExchange(TransformType type) =>
        type is >= TransformType.AdditionalKeyExchange1 and <= TransformType.AdditionalKeyExchange7
            ? type - TransformType.AdditionalKeyExchange1 + 1
            : 0;

    private static Dictionary<(TransformType Type, ushort Id), string> Known() => new()
    {
        [Key(EncryptionId.TripleDes)] = "3DES_CBC",
        [Key(EncryptionId.Null)] = "NULL",
        [Key(EncryptionId.AesCbc)] = "AES_CBC",
        [Key(EncryptionId.AesCtr)] = "AES_CTR",
        [Key(EncryptionId.AesCcm8)] = "AES_CCM_8",
        [Key(EncryptionId.AesCcm12)] = "AES_CCM_12",
        [Key(EncryptionId.AesCcm16)] = "AES_CCM_16",
        [Key(EncryptionId.AesGcm8)] = "AES_GCM_8",
        [Key(EncryptionId.AesGcm12)] = "AES_GCM_12",
        [Key(EncryptionId.AesGcm16)] = "AES_GCM_16",
        [Key(EncryptionId.ChaCha20Poly1305)] = "CHACHA20_POLY1305",

        [Key(PrfId.HmacMd5)] = "PRF_HMAC_MD5",
        [Key(PrfId.HmacSha1)] = "PRF_HMAC_SHA1",
        [Key(PrfId.Aes128Xcbc)] = "PRF_AES128_XCBC",
        [Key(PrfId.HmacSha256)] = "PRF_HMAC_SHA2_256",
        [Key(PrfId.HmacSha384)] = "PRF_HMAC_SHA2_384",
        [Key(PrfId.HmacSha512)] = "PRF_HMAC_SHA2_512",
        [Key(PrfId.Aes128Cmac)] = "PRF_AES128_CMAC",

        [Key(IntegrityId.None)] = "NONE",
        [Key(IntegrityId.HmacMd5With96)] = "HMAC_MD5_96",
        [Key(IntegrityId.HmacSha1With96)] = "HMAC_SHA1_96",
        [Key(IntegrityId.AesXcbc96)] = "AES_XCBC_96",
        [Key(IntegrityId.AesCmac96)] = "AES_CMAC_96",
        [Key(IntegrityId.HmacSha256With128)] = "HMAC_SHA2_256_128",
        [Key(IntegrityId.HmacSha384With192)] = "HMAC_SHA2_384_192",
        [Key(IntegrityId.HmacSha512With256)] = "HMAC_SHA2_512_256",

        [Key(KeyExchangeMethod.None)] = "NONE",
        [Key(KeyExchangeMethod.Modp768)] = "MODP_768",
        [Key(KeyExchangeMethod.Modp1024)] = "MODP_1024",
        [Key(KeyExchangeMethod.Modp1536)] = "MODP_1536",
        [Key(KeyExchangeMethod.Modp2048)] = "MODP_2048",
        [Key(KeyExchangeMethod.Modp3072)] = "MODP_3072",
        [Key(KeyExchangeMethod.Modp4096)] = "MODP_4096",
        [Key(KeyExchangeMethod.Modp6144)] = "MODP_6144",
        [Key(KeyExchangeMethod.Modp8192)] = "MODP_8192",
        [Key(KeyExchangeMethod.Ecp256)] = "ECP_256",
        [Key(KeyExchangeMethod.Ecp384)] = "ECP_384",
        [Key(KeyExchangeMethod.Ecp521)] = "ECP_521",
        [Key(KeyExchangeMethod.BrainpoolP256)] = "ECP_256_BP",
        [Key(KeyExchangeMethod.BrainpoolP384)] = "ECP_384_BP",
        [Key(KeyExchangeMethod.BrainpoolP512)] = "ECP_512_BP",
        [Key(KeyExchangeMethod.Curve25519)] = "CURVE_25519",
        [Key(KeyExchangeMethod.Curve448)] = "CURVE_448",
        [Key(KeyExchangeMethod.MlKem512)] = "ML_KEM_512",
        [Key(KeyExchangeMethod.MlKem768)] = "ML_KEM_768",
        [Key(KeyExchangeMethod.MlKem1024)] = "ML_KEM_1024",

        [(TransformType.SequenceNumbers, (ushort)SequenceNumbersId.ThirtyTwoBit)] = "NO_EXT_SEQ",
        [(TransformType.SequenceNumbers, (ushort)SequenceNumbersId.PartiallyTransmitted64Bit)] = "EXT_SEQ",
    };

    private static (TransformType Type, ushort Id) Key(EncryptionId id) => (TransformType.Encr, (ushort)id);

    private static (TransformType Type, ushort Id) Key(PrfId id) => (TransformType.Prf, (ushort)id);

    private static (TransformType Type, ushort Id) Key(IntegrityId id) => (TransformType.Integ, (ushort)id);

    private static (TransformType Type, ushort Id) Key(KeyExchangeMethod id) => (TransformType.KeyExchange, (ushort)id);
}
