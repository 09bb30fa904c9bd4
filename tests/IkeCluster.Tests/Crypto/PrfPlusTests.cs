using System.Text.Json;
using IkeCluster.Crypto.Prf;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Tests.Crypto;

public sealed class PrfPlusTests
{
    [Fact]
    public void Every_vector_of_NSS_agrees()
    {
        int count = 0;
        foreach (JsonElement vector in VectorFile.Vectors("kdf/nss-ikev2-prf.json"))
        {
            Prf prf = Prf.Find(IdOf(vector.Text("prf")))!;
            byte[] output = new byte[vector.Hex("out").Length];
            Run(prf, vector, output);
            Assert.Equal(vector.Hex("out"), output);
            count++;
        }

        Assert.Equal(29, count);
    }

    [Fact]
    public void The_counter_of_prf_plus_ends_at_255()
    {
        Prf prf = Prf.Find(PrfId.HmacSha256)!;
        byte[] most = new byte[255 * 32];
        prf.Plus([1], [2], most);

        byte[] last = new byte[32];
        prf.Compute([1], most.AsSpan(253 * 32, 32), [2], [255], last);
        Assert.Equal(last, most[^32..]);
        Assert.Throws<ArgumentException>(() => prf.Plus([1], [2], new byte[(255 * 32) + 1]));
    }

    private static void Run(Prf prf, JsonElement vector, Span<byte> output)
    {
        switch (vector.Text("type"))
        {
            case "SKEYSEED = prf(Ni|Nr, g^ir)":
                prf.Compute([.. vector.Hex("ni"), .. vector.Hex("nr")], vector.Hex("g_ir"), output);
                break;
            case "SKEYSEED(rekey) = prf(SK_d, g^ir_new|Ni|Nr)":
                prf.Compute(vector.Hex("sk_d"), vector.Hex("g_ir_new"), vector.Hex("ni"), vector.Hex("nr"), output);
                break;
            default:
                prf.Plus(vector.Hex("key"), vector.Hex("seed"), output);
                break;
        }
    }

    private static PrfId IdOf(string name) => name switch
    {
        "PRF_HMAC_SHA1" => PrfId.HmacSha1,
        "PRF_HMAC_SHA256" => PrfId.HmacSha256,
        "PRF_HMAC_SHA384" => PrfId.HmacSha384,
        "PRF_HMAC_SHA512" => PrfId.HmacSha512,
        _ => PrfId.Aes128Xcbc,
    };
}
