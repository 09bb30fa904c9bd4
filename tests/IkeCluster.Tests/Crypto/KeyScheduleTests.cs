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

    [Theory]
    [InlineData(PrfId.Aes128Xcbc)]
    [InlineData(PrfId.Aes128Cmac)]
    public void A_PRF_with_a_fixed_key_takes_eight_octets_of_each_nonce(PrfId id)
    {
        // RFC 7296 §2.14; prf+ still takes all of both.
        Prf prf = Prf.Find(id)!;
        byte[] ni = Octets(32, 0x10), nr = Octets(48, 0x60), secret = Octets(32, 0xC0);
        byte[] skeyseed = new byte[16], expected = new byte[16];
        prf.Compute([.. ni[..8], .. nr[..8]], secret, skeyseed);
        prf.Plus(skeyseed, [.. ni, .. nr, .. new byte[7], 1, .. new byte[7], 2], expected);

        using IkeKeys keys = KeySchedule.DeriveIke(
            Chosen(SecurityProtocol.Ike, id), ni, nr, secret, new IkeSpi(1), new IkeSpi(2));
        Assert.Equal(expected, keys.SkD.Reveal().ToArray());
        Assert.Equal(16, keys.SkPi.Length);
    }

    [Fact]
    public void A_rekey_to_another_PRF_begins_with_the_old_and_goes_on_with_the_new()
    {
        // RFC 7296 §2.18.
        byte[] skD = Octets(20, 1), ni = Octets(16, 30), nr = Octets(16, 60), secret = Octets(32, 90);
        byte[] skeyseed = new byte[20], expected = new byte[64];
        Prf.Find(PrfId.HmacSha1)!.Compute(skD, [.. secret, .. ni, .. nr], skeyseed);
        Prf.Find(PrfId.HmacSha512)!.Plus(skeyseed, [.. ni, .. nr, .. new byte[7], 3, .. new byte[7], 4], expected);

        Proposal chosen = Chosen(SecurityProtocol.Ike, PrfId.HmacSha512);
        using IkeKeys keys = KeySchedule.DeriveRekeyedIke(
            PrfId.HmacSha1, skD, chosen, ni, nr, secret, new IkeSpi(3), new IkeSpi(4));
        Assert.Equal(expected, keys.SkD.Reveal().ToArray());
    }

    [Theory]
    [InlineData(EncryptionId.AesGcm16, 256, IntegrityId.None, 36, 0)]
    [InlineData(EncryptionId.AesCcm16, 128, IntegrityId.None, 19, 0)]
    [InlineData(EncryptionId.ChaCha20Poly1305, 0, IntegrityId.None, 36, 0)]
    [InlineData(EncryptionId.AesCtr, 192, IntegrityId.HmacSha1With96, 28, 20)]
    [InlineData(EncryptionId.AesCbc, 256, IntegrityId.HmacSha512With256, 32, 64)]
    [InlineData(EncryptionId.AesCbc, 128, IntegrityId.AesXcbc96, 16, 16)]
    public void Keys_have_the_lengths_of_their_suite(
        EncryptionId id, int bits, IntegrityId integrity, int encryptionOctets, int integrityOctets)
    {
        Proposal chosen = new(
            SecurityProtocol.Esp,
            integrity == IntegrityId.None
                ? [Transform.Encr(id, (ushort)bits)]
                : [Transform.Encr(id, (ushort)bits), Transform.Integ(integrity)]);
        using ChildKeys keys = KeySchedule.DeriveChild(
            PrfId.HmacSha256, new byte[32], chosen, [], new byte[16], new byte[16]);

        Assert.Equal(encryptionOctets, keys.EncryptionInitiator.Length);
        Assert.Equal(encryptionOctets, keys.EncryptionResponder.Length);
        Assert.Equal(integrityOctets, keys.IntegrityInitiator.Length);
        Assert.Equal(integrityOctets, keys.IntegrityResponder.Length);
        Assert.Equal(2 * (encryptionOctets + integrityOctets), KeySchedule.ChildKeyOctets(chosen));
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
        protocol,
        [
            Transform.Encr(EncryptionId.AesCbc, 256),
            Transform.Prf(prf),
            Transform.Integ(IntegrityId.HmacSha256With128),
        ]);

    private static byte[] Octets(int count, byte first) =>
        [.. Enumerable.Range(first, count).Select(static i => (byte)i)];

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
