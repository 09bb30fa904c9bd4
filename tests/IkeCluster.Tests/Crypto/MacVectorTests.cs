using System.Text.Json;
using IkeCluster.Crypto.Integrity;
using IkeCluster.Crypto.Prf;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Tests.Crypto;

public sealed class MacVectorTests
{
    [Theory]
    [InlineData("hmac_sha1", PrfId.HmacSha1, 170)]
    [InlineData("hmac_sha256", PrfId.HmacSha256, 174)]
    [InlineData("hmac_sha384", PrfId.HmacSha384, 174)]
    [InlineData("hmac_sha512", PrfId.HmacSha512, 174)]
    public void HMAC_agrees_with_every_vector_of_Wycheproof(string file, PrfId id, int expected)
    {
        Prf prf = Prf.Find(id)!;
        int count = 0;
        foreach ((_, JsonElement test) in VectorFile.Wycheproof(file))
        {
            byte[] tag = test.Hex("tag");
            byte[] once = new byte[prf.OutputOctets];
            byte[] inParts = new byte[prf.OutputOctets];
            ReadOnlySpan<byte> message = test.Hex("msg");
            int cut = message.Length / 3;
            prf.Compute(test.Hex("key"), message, once);
            prf.Compute(test.Hex("key"), message[..cut], message[cut..^cut], message[^cut..], inParts);

            bool isValid = test.Text("result") is "valid";
            Assert.Equal(isValid, tag.AsSpan().SequenceEqual(once.AsSpan(0, tag.Length)));
            Assert.Equal(once, inParts);
            count++;
        }

        Assert.Equal(expected, count);
    }

    [Theory]
    [InlineData("hmac_sha1", IntegrityId.HmacSha1With96, 12)]
    [InlineData("hmac_sha256", IntegrityId.HmacSha256With128, 16)]
    [InlineData("hmac_sha384", IntegrityId.HmacSha384With192, 24)]
    [InlineData("hmac_sha512", IntegrityId.HmacSha512With256, 32)]
    public void A_kept_HMAC_cut_to_its_ICV_agrees_with_Wycheproof(string file, IntegrityId id, int icvOctets)
    {
        IntegrityAlgorithm integrity = IntegrityAlgorithm.Find(id)!;
        Assert.Equal(icvOctets, integrity.IcvOctets);
        int held = 0;
        foreach ((_, JsonElement test) in VectorFile.Wycheproof(file))
        {
            byte[] tag = test.Hex("tag");
            if (test.Hex("key").Length != integrity.KeyOctets || tag.Length < icvOctets)
            {
                continue;
            }

            bool isValid = test.Text("result") is "valid";
            bool isCutElsewhere = !isValid && tag.Length > icvOctets;   // the fault may lie behind the cut
            using KeyedMac mac = integrity.Bind(test.Hex("key"));
            foreach (int _ in Enumerable.Range(0, 2))
            {
                Assert.True(isCutElsewhere || isValid == mac.Verify(test.Hex("msg"), tag.AsSpan(0, icvOctets)));
            }

            held += isValid ? 1 : 0;
        }

        Assert.True(held > 0);
    }

    [Fact]
    public void HMAC_SHA2_agrees_with_RFC_4868()
    {
        (string Name, PrfId Prf, string CutName, IntegrityId Integrity)[] columns =
        [
            ("PRF-HMAC-SHA-256", PrfId.HmacSha256, "HMAC-SHA-256-128", IntegrityId.HmacSha256With128),
            ("PRF-HMAC-SHA-384", PrfId.HmacSha384, "HMAC-SHA-384-192", IntegrityId.HmacSha384With192),
            ("PRF-HMAC-SHA-512", PrfId.HmacSha512, "HMAC-SHA-512-256", IntegrityId.HmacSha512With256),
        ];
        int prfs = 0, icvs = 0;
        foreach (JsonElement vector in VectorFile.Vectors("rfc/rfc4868-hmac-sha2.json"))
        {
            foreach ((string name, PrfId prf, string cutName, IntegrityId integrity) in columns)
            {
                prfs += Agrees(vector, name, Prf.Find(prf)!.OutputOctets, Prf.Find(prf)!.Compute);
                IntegrityAlgorithm cut = IntegrityAlgorithm.Find(integrity)!;
                icvs += Agrees(vector, cutName, cut.IcvOctets, cut.Compute);
            }
        }

        Assert.Equal((30, 12), (prfs, icvs));
    }

    [Fact]
    public void AES_CMAC_agrees_with_every_vector_of_Wycheproof()
    {
        int count = 0;
        foreach ((JsonElement group, JsonElement test) in VectorFile.Wycheproof("aes_cmac"))
        {
            if (group.Number("keySize") is not (128 or 192 or 256))
            {
                continue;
            }

            using var cmac = new AesCmac(test.Hex("key"));
            Assert.Equal(test.Text("result") is "valid", cmac.Verify(test.Hex("msg"), test.Hex("tag")));
            Assert.Equal(test.Text("result") is "valid", cmac.Verify(test.Hex("msg"), test.Hex("tag")));
            count++;
        }

        Assert.Equal(306, count);
    }

    [Fact]
    public void AES_CMAC_agrees_with_RFC_4493_and_RFC_4615()
    {
        JsonElement file = VectorFile.Json("rfc/rfc4493-rfc4615-aes-cmac.json");
        IntegrityAlgorithm integrity = IntegrityAlgorithm.Find(IntegrityId.AesCmac96)!;
        Prf prf = Prf.Find(PrfId.Aes128Cmac)!;
        foreach (JsonElement vector in file.GetProperty("aes_cmac").EnumerateArray())
        {
            Assert.Equal(vector.Hex("mac"), Sum(prf.Compute, 16, vector));
            Assert.Equal(vector.Hex("mac")[..12], Sum(integrity.Compute, 12, vector));
        }

        foreach (JsonElement vector in file.GetProperty("prf_aes128_cmac").EnumerateArray())
        {
            Assert.Equal(vector.Hex("prf"), Sum(prf.Compute, 16, vector));
        }
    }

    [Fact]
    public void AES_XCBC_agrees_with_RFC_3566_and_RFC_4434()
    {
        JsonElement file = VectorFile.Json("rfc/rfc3566-rfc4434-aes-xcbc.json");
        IntegrityAlgorithm integrity = IntegrityAlgorithm.Find(IntegrityId.AesXcbc96)!;
        Prf prf = Prf.Find(PrfId.Aes128Xcbc)!;
        foreach (JsonElement vector in file.GetProperty("auth_aes_xcbc_96").EnumerateArray())
        {
            Assert.Equal(vector.Hex("mac"), Sum(prf.Compute, 16, vector));
            Assert.Equal(vector.Hex("mac96"), Sum(integrity.Compute, 12, vector));
        }

        foreach (JsonElement vector in file.GetProperty("prf_aes128_xcbc").EnumerateArray())
        {
            Assert.Equal(vector.Hex("prf"), Sum(prf.Compute, 16, vector));
        }
    }

    [Fact]
    public void A_MAC_does_not_hang_on_how_its_text_is_cut()
    {
        byte[] key = new byte[16];
        byte[] text = [.. Enumerable.Range(0, 53).Select(static i => (byte)i)];
        foreach (PrfId id in (PrfId[])[PrfId.Aes128Xcbc, PrfId.Aes128Cmac, PrfId.HmacSha256])
        {
            Prf prf = Prf.Find(id)!;
            byte[] whole = new byte[prf.OutputOctets];
            byte[] cut = new byte[prf.OutputOctets];
            prf.Compute(key, text, whole);
            for (int first = 0; first <= text.Length; first++)
            {
                int second = (text.Length + first) / 2;
                prf.Compute(key, text.AsSpan(0, first), text.AsSpan(first, second - first), text.AsSpan(second), cut);
                Assert.Equal(whole, cut);
            }
        }
    }

    [Theory]
    [InlineData(IntegrityId.None)]
    [InlineData(IntegrityId.HmacMd5With96)]
    [InlineData((IntegrityId)999)]
    public void An_integrity_transform_that_is_not_ours_is_not_found(IntegrityId id) =>
        Assert.Null(IntegrityAlgorithm.Find(id));

    [Theory]
    [InlineData(PrfId.None)]
    [InlineData(PrfId.HmacMd5)]
    [InlineData((PrfId)999)]
    public void A_PRF_that_is_not_ours_is_not_found(PrfId id) => Assert.Null(Prf.Find(id));

    private delegate void Summing(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> output);

    private static byte[] Sum(Summing sum, int octets, JsonElement vector)
    {
        byte[] output = new byte[octets];
        sum(vector.Hex("key"), vector.Hex("message"), output);
        return output;
    }

    private static int Agrees(JsonElement vector, string column, int octets, Summing sum)
    {
        if (!vector.TryGetProperty(column, out _))
        {
            return 0;
        }

        byte[] output = new byte[octets];
        sum(vector.Hex("Key"), vector.Hex("Data"), output);
        Assert.Equal(vector.Hex(column), output);
        return 1;
    }
}
