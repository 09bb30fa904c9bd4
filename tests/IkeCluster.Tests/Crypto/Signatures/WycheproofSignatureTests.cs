using System.Text.Json;
using IkeCluster.Crypto.Signatures;

namespace IkeCluster.Tests.Crypto.Signatures;

/// <summary>Every signature primitive against the vectors of C2SP/wycheproof.</summary>
public sealed class WycheproofSignatureTests
{
    [Theory]
    [InlineData("rsa_signature_2048_sha256_test", SignatureAlgorithm.RsaPkcs1Sha256, 259)]
    [InlineData("rsa_signature_2048_sha512_test", SignatureAlgorithm.RsaPkcs1Sha512, 259)]
    [InlineData("rsa_signature_3072_sha384_test", SignatureAlgorithm.RsaPkcs1Sha384, 259)]
    [InlineData("rsa_signature_4096_sha512_test", SignatureAlgorithm.RsaPkcs1Sha512, 259)]
    [InlineData("rsa_pss_2048_sha256_mgf1_32_test", SignatureAlgorithm.RsaPssSha256, 108)]
    [InlineData("rsa_pss_2048_sha384_mgf1_48_test", SignatureAlgorithm.RsaPssSha384, 141)]
    [InlineData("rsa_pss_3072_sha256_mgf1_32_test", SignatureAlgorithm.RsaPssSha256, 108)]
    [InlineData("rsa_pss_4096_sha384_mgf1_48_test", SignatureAlgorithm.RsaPssSha384, 141)]
    [InlineData("rsa_pss_4096_sha512_mgf1_64_test", SignatureAlgorithm.RsaPssSha512, 179)]
    [InlineData("ecdsa_secp256r1_sha256_test", SignatureAlgorithm.EcdsaSha256, 484)]
    [InlineData("ecdsa_secp384r1_sha384_test", SignatureAlgorithm.EcdsaSha384, 504)]
    [InlineData("ecdsa_secp521r1_sha512_test", SignatureAlgorithm.EcdsaSha512, 542)]
    [InlineData("ecdsa_secp256r1_sha256_p1363_test", SignatureAlgorithm.EcdsaP256Raw, 262)]
    [InlineData("ecdsa_secp384r1_sha384_p1363_test", SignatureAlgorithm.EcdsaP384Raw, 280)]
    [InlineData("ecdsa_secp521r1_sha512_p1363_test", SignatureAlgorithm.EcdsaP521Raw, 318)]
    [InlineData("ed25519_test", SignatureAlgorithm.Ed25519, 151)]
    [InlineData("ed448_test", SignatureAlgorithm.Ed448, 87)]
    public void Each_vector_verifies_or_not_as_it_says(string file, SignatureAlgorithm algorithm, int count)
    {
        List<string> wrong = [];
        int seen = 0;
        foreach (JsonElement group in Groups(file))
        {
            Assert.True(PublicKey.TryFromSpki(group.Hex("publicKeyDer"), out PublicKey key, out string fault), fault);
            using (key)
            {
                foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
                {
                    seen++;
                    bool holds = key.Verify(algorithm, test.Hex("msg"), test.Hex("sig"));
                    string expected = test.Text("result");
                    if (expected != "acceptable" && holds != (expected == "valid"))
                    {
                        wrong.Add($"{test.GetProperty("tcId")} {test.GetProperty("comment")}: {holds}");
                    }
                }
            }
        }

        Assert.Empty(wrong);
        Assert.Equal(count, seen);
    }

    /// <summary>RFC 4055 §1.2: a key of type id-RSASSA-PSS carries the only parameters that it may be used with.</summary>
    [Fact]
    public void A_PSS_key_is_taken_only_with_parameters_that_we_take()
    {
        int taken = 0;
        foreach (JsonElement group in Groups("rsa_pss_misc_params_test"))
        {
            string hash = group.Text("sha");
            int salt = group.Number("sLen");
            bool isOurs = hash == group.Text("mgfSha")
                && (hash, salt) is ("SHA-256", 32) or ("SHA-384", 48) or ("SHA-512", 64);

            bool isRead = PublicKey.TryFromSpki(group.Hex("publicKeyDer"), out PublicKey key, out _);
            Assert.Equal(isOurs, isRead);
            if (isRead)
            {
                taken++;
                AssertVerifiesOnlyAsItSays(key, group, hash);
            }
        }

        Assert.Equal(3, taken);
    }

    private static void AssertVerifiesOnlyAsItSays(PublicKey key, JsonElement group, string hash)
    {
        SignatureAlgorithm itsOwn = Enum.Parse<SignatureAlgorithm>("RsaPss" + hash.Replace("SHA-", "Sha", StringComparison.Ordinal));
        Assert.Equal(itsOwn, key.OnlyAlgorithm);
        foreach (JsonElement test in group.GetProperty("tests").EnumerateArray())
        {
            foreach (SignatureAlgorithm algorithm in Enum.GetValues<SignatureAlgorithm>())
            {
                Assert.Equal(algorithm == itsOwn, key.Verify(algorithm, test.Hex("msg"), test.Hex("sig")));
            }
        }

        key.Dispose();
    }

    private static JsonElement.ArrayEnumerator Groups(string file) =>
        VectorFile.Json($"wycheproof/{file}.json").GetProperty("testGroups").EnumerateArray();
}
