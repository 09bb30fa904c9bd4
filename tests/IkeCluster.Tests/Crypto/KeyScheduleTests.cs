using System.Buffers.Binary;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Prf;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Crypto;

public sealed class KeyScheduleTests
{
    [Fact]
    public void All_nine_hundred_cases_of_NIST_agree()
    {
        int count = 0;
        foreach ((PrfId prf, Dictionary<string, byte[]> vector) in NistCases())
        {
            CheckIkeKeys(prf, vector);
            CheckRekeyedIkeKeys(prf, vector);
            CheckChildKeys(prf, vector);
            count++;
        }

        Assert.Equal(900, count);
    }

    private static void CheckIkeKeys(PrfId prf, Dictionary<string, byte[]> vector)
    {
        Proposal chosen = Chosen(SecurityProtocol.Ike, prf);
        using IkeKeys keys = KeySchedule.DeriveIke(
            chosen, vector["Ni"], vector["Nr"], vector["g^ir"], Spi(vector["SPIi"]), Spi(vector["SPIr"]));
        byte[] stream =
        [
            .. keys.SkD.Reveal(), .. keys.SkAi.Reveal(), .. keys.SkAr.Reveal(), .. keys.SkEi.Reveal(),
            .. keys.SkEr.Reveal(), .. keys.SkPi.Reveal(), .. keys.SkPr.Reveal(),
        ];
        AssertSamePrefix(vector["DKM"], stream);
    }

    private static void CheckRekeyedIkeKeys(PrfId prf, Dictionary<string, byte[]> vector)
    {
        Prf function = Prf.Find(prf)!;
        byte[] skD = vector["DKM"][..function.KeyOctets];
        byte[] seed = [.. vector["Ni"], .. vector["Nr"], .. vector["SPIi"], .. vector["SPIr"]];
        byte[] expected = new byte[3 * function.KeyOctets];
        function.Plus(vector["SKEYSEED(Rekey)"], seed, expected);

        using IkeKeys keys = KeySchedule.DeriveRekeyedIke(
            prf, skD, Chosen(SecurityProtocol.Ike, prf), vector["Ni"], vector["Nr"], vector["g^ir (new)"],
            Spi(vector["SPIi"]), Spi(vector["SPIr"]));
        Assert.Equal(expected[..function.KeyOctets], keys.SkD.Reveal().ToArray());
    }

    private static void CheckChildKeys(PrfId prf, Dictionary<string, byte[]> vector)
    {
        byte[] skD = vector["DKM"][..Prf.Find(prf)!.KeyOctets];
        Proposal esp = Chosen(SecurityProtocol.Esp, prf);
        AssertSamePrefix(vector["DKM(Child SA)"], ChildStream(prf, skD, esp, [], vector));
        AssertSamePrefix(vector["DKM(Child SA D-H)"], ChildStream(prf, skD, esp, vector["g^ir (new)"], vector));
    }

    private static byte[] ChildStream(
        PrfId prf, byte[] skD, Proposal esp, byte[] secret, Dictionary<string, byte[]> vector)
    {
        using ChildKeys keys = KeySchedule.DeriveChild(prf, skD, esp, secret, vector["Ni"], vector["Nr"]);
        return
        [
            .. keys.EncryptionInitiator.Reveal(), .. keys.IntegrityInitiator.Reveal(),
            .. keys.EncryptionResponder.Reveal(), .. keys.IntegrityResponder.Reveal(),
        ];
    }

    private static void AssertSamePrefix(byte[] expected, byte[] stream)
    {
        int octets = Math.Min(expected.Length, stream.Length);
        Assert.True(octets >= 32);
        Assert.Equal(expected[..octets], stream[..octets]);
    }

    private static Proposal Chosen(SecurityProtocol protocol, PrfId prf) => new(
        protocol, [Transform.Encr(EncryptionId.AesCbc, 256), Transform.Prf(prf), Transform.Integ(IntegrityId.HmacSha256With128)]);

    private static IkeSpi Spi(byte[] octets) => new(BinaryPrimitives.ReadUInt64BigEndian(octets));

    private static IEnumerable<(PrfId Prf, Dictionary<string, byte[]> Vector)> NistCases()
    {
        PrfId prf = PrfId.None;
        Dictionary<string, byte[]> vector = [];
        foreach (string line in VectorFile.Lines("kdf/nist-cavp-ikev2.rsp"))
        {
            prf = line switch
            {
                "[SHA-1]" => PrfId.HmacSha1,
                "[SHA-256]" => PrfId.HmacSha256,
                "[SHA-384]" => PrfId.HmacSha384,
                "[SHA-512]" => PrfId.HmacSha512,
                _ => prf,
            };
            string[] parts = line.Split(" = ");
            if (parts.Length != 2 || parts[0].StartsWith('[') || parts[0] is "COUNT")
            {
                continue;
            }

            vector[parts[0]] = Convert.FromHexString(parts[1]);
            if (parts[0] is "SKEYSEED(Rekey)")
            {
                yield return (prf, vector);
                vector = [];
            }
        }
    }
}
