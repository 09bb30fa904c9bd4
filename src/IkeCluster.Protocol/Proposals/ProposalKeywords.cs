using System.Collections.Frozen;

namespace IkeCluster.Protocol.Proposals;

/// <summary>What strongSwan's words in a proposal stand for, as far as this implementation has the algorithms.</summary>
internal static class ProposalKeywords
{
    private static readonly FrozenDictionary<string, Transform> Table =
        Known().ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Also <c>ke1_</c> to <c>ke7_</c> before the name of a key exchange method (RFC 9370).</summary>
    internal static bool TryFind(string word, out Transform transform)
    {
        if (!IsAdditional(word))
        {
            return Table.TryGetValue(word, out transform);
        }

        bool isFound = Table.TryGetValue(word[4..], out Transform method) && method.Type == TransformType.KeyExchange;
        transform = method with { Type = (TransformType)((int)TransformType.AdditionalKeyExchange1 + word[2] - '1') };
        return isFound;
    }

    private static bool IsAdditional(string word) => word.Length > 4 && word[2] is >= '1' and <= '7' && word[3] == '_'
        && word.StartsWith("ke", StringComparison.OrdinalIgnoreCase);

    private static Dictionary<string, Transform> Known()
    {
        var table = new Dictionary<string, Transform>(StringComparer.Ordinal)
        {
            ["aes"] = Transform.Encr(EncryptionId.AesCbc, 128),
            ["chacha20poly1305"] = Transform.Encr(EncryptionId.ChaCha20Poly1305),

            ["sha"] = Transform.Integ(IntegrityId.HmacSha1With96),
            ["sha1"] = Transform.Integ(IntegrityId.HmacSha1With96),
            ["sha256"] = Transform.Integ(IntegrityId.HmacSha256With128),
            ["sha2_256"] = Transform.Integ(IntegrityId.HmacSha256With128),
            ["sha384"] = Transform.Integ(IntegrityId.HmacSha384With192),
            ["sha2_384"] = Transform.Integ(IntegrityId.HmacSha384With192),
            ["sha512"] = Transform.Integ(IntegrityId.HmacSha512With256),
            ["sha2_512"] = Transform.Integ(IntegrityId.HmacSha512With256),
            ["aesxcbc"] = Transform.Integ(IntegrityId.AesXcbc96),
            ["aescmac"] = Transform.Integ(IntegrityId.AesCmac96),

            ["prfsha1"] = Transform.Prf(PrfId.HmacSha1),
            ["prfsha256"] = Transform.Prf(PrfId.HmacSha256),
            ["prfsha384"] = Transform.Prf(PrfId.HmacSha384),
            ["prfsha512"] = Transform.Prf(PrfId.HmacSha512),
            ["prfaesxcbc"] = Transform.Prf(PrfId.Aes128Xcbc),
            ["prfaescmac"] = Transform.Prf(PrfId.Aes128Cmac),

            ["none"] = Transform.KeyExchange(KeyExchangeMethod.None),
            ["modpnone"] = Transform.KeyExchange(KeyExchangeMethod.None),
            ["modp1024"] = Transform.KeyExchange(KeyExchangeMethod.Modp1024),
            ["modp1536"] = Transform.KeyExchange(KeyExchangeMethod.Modp1536),
            ["modp2048"] = Transform.KeyExchange(KeyExchangeMethod.Modp2048),
            ["modp3072"] = Transform.KeyExchange(KeyExchangeMethod.Modp3072),
            ["modp4096"] = Transform.KeyExchange(KeyExchangeMethod.Modp4096),
            ["modp6144"] = Transform.KeyExchange(KeyExchangeMethod.Modp6144),
            ["modp8192"] = Transform.KeyExchange(KeyExchangeMethod.Modp8192),
            ["ecp256"] = Transform.KeyExchange(KeyExchangeMethod.Ecp256),
            ["ecp384"] = Transform.KeyExchange(KeyExchangeMethod.Ecp384),
            ["ecp521"] = Transform.KeyExchange(KeyExchangeMethod.Ecp521),
            ["ecp256bp"] = Transform.KeyExchange(KeyExchangeMethod.BrainpoolP256),
            ["ecp384bp"] = Transform.KeyExchange(KeyExchangeMethod.BrainpoolP384),
            ["ecp512bp"] = Transform.KeyExchange(KeyExchangeMethod.BrainpoolP512),
            ["curve25519"] = Transform.KeyExchange(KeyExchangeMethod.Curve25519),
            ["x25519"] = Transform.KeyExchange(KeyExchangeMethod.Curve25519),
            ["curve448"] = Transform.KeyExchange(KeyExchangeMethod.Curve448),
            ["x448"] = Transform.KeyExchange(KeyExchangeMethod.Curve448),
            ["mlkem512"] = Transform.KeyExchange(KeyExchangeMethod.MlKem512),
            ["mlkem768"] = Transform.KeyExchange(KeyExchangeMethod.MlKem768),
            ["mlkem1024"] = Transform.KeyExchange(KeyExchangeMethod.MlKem1024),

            ["noesn"] = Transform.Esn(SequenceNumbersId.ThirtyTwoBit),
            ["esn"] = Transform.Esn(SequenceNumbersId.PartiallyTransmitted64Bit),
        };
        AddAes(table);
        return table;
    }

    // The length of the ICV is written in octets or in bits; without one it is the full 16 octets.
    private static void AddAes(Dictionary<string, Transform> table)
    {
        foreach (ushort bits in (ushort[])[128, 192, 256])
        {
            table[$"aes{bits}"] = Transform.Encr(EncryptionId.AesCbc, bits);
            table[$"aes{bits}ctr"] = Transform.Encr(EncryptionId.AesCtr, bits);
            foreach (string octets in (string[])["8", "64"])
            {
                table[$"aes{bits}ccm{octets}"] = Transform.Encr(EncryptionId.AesCcm8, bits);
                table[$"aes{bits}gcm{octets}"] = Transform.Encr(EncryptionId.AesGcm8, bits);
            }

            foreach (string octets in (string[])["12", "96"])
            {
                table[$"aes{bits}ccm{octets}"] = Transform.Encr(EncryptionId.AesCcm12, bits);
                table[$"aes{bits}gcm{octets}"] = Transform.Encr(EncryptionId.AesGcm12, bits);
            }

            foreach (string octets in (string[])["", "16", "128"])
            {
                table[$"aes{bits}ccm{octets}"] = Transform.Encr(EncryptionId.AesCcm16, bits);
                table[$"aes{bits}gcm{octets}"] = Transform.Encr(EncryptionId.AesGcm16, bits);
            }
        }
    }
}
