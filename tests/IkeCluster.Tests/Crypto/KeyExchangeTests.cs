using System.Text.Json;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Tests.Crypto;

public sealed class KeyExchangeTests
{
    public static TheoryData<KeyExchangeMethod> Methods { get; } =
    [
        KeyExchangeMethod.Modp1024, KeyExchangeMethod.Modp1536, KeyExchangeMethod.Modp2048, KeyExchangeMethod.Modp3072,
        KeyExchangeMethod.Modp4096, KeyExchangeMethod.Modp6144, KeyExchangeMethod.Modp8192, KeyExchangeMethod.Ecp256,
        KeyExchangeMethod.Ecp384, KeyExchangeMethod.Ecp521, KeyExchangeMethod.BrainpoolP256,
        KeyExchangeMethod.BrainpoolP384, KeyExchangeMethod.BrainpoolP512, KeyExchangeMethod.Curve25519,
        KeyExchangeMethod.Curve448,
    ];

    [Theory, MemberData(nameof(Methods))]
    public void Both_sides_reach_the_same_secret(KeyExchangeMethod method)
    {
        using KeyExchange initiator = FromFill(method, 0x11);
        using KeyExchange responder = FromFill(method, 0xA7);

        using SecretBytes? one = initiator.Derive(responder.PublicValue);
        using SecretBytes? other = responder.Derive(initiator.PublicValue);

        Assert.True(KeyExchange.IsSupported(method));
        Assert.Equal(KeyExchange.SharedSecretOctets(method), one!.Length);
        Assert.Equal(KeyExchange.PublicValueOctets(method), initiator.PublicValue.Length);
        Assert.True(one.FixedTimeEquals(other!.Reveal()));
    }

    [Theory, MemberData(nameof(Methods))]
    public void A_seed_gives_one_pair_and_every_octet_of_it_counts(KeyExchangeMethod method)
    {
        byte[] seed = Seed(method, 0x42);
        using KeyExchange first = KeyExchange.FromSeed(method, seed);
        using KeyExchange again = KeyExchange.FromSeed(method, first.Seed.Reveal());
        Assert.True(first.PublicValue.SequenceEqual(again.PublicValue));

        foreach (int octet in (int[])[0, seed.Length / 2, seed.Length - 1])
        {
            byte[] near = [.. seed];
            near[octet] ^= 0x08;
            using KeyExchange other = KeyExchange.FromSeed(method, near);
            Assert.False(first.PublicValue.SequenceEqual(other.PublicValue), $"octet {octet}");
        }
    }

    [Theory, MemberData(nameof(Methods))]
    public void A_peer_value_of_another_length_is_refused(KeyExchangeMethod method)
    {
        using KeyExchange own = FromFill(method, 0x11);
        byte[] sound = own.PublicValue.ToArray();

        Assert.Null(own.Derive([]));
        Assert.Null(own.Derive(sound.AsSpan()[1..]));
        Assert.Null(own.Derive([.. sound, 0]));
        Assert.Null(own.Derive([0, .. sound]));
    }

    [Theory]
    [InlineData(KeyExchangeMethod.None)]
    [InlineData(KeyExchangeMethod.Modp768)]
    [InlineData(KeyExchangeMethod.MlKem768)]
    [InlineData((KeyExchangeMethod)1025)]
    public void What_is_not_ours_is_not_supported(KeyExchangeMethod method) =>
        Assert.False(KeyExchange.IsSupported(method));

    [Fact]
    public void Curve25519_agrees_with_RFC_8031()
    {
        JsonElement vector = VectorFile.Json("rfc/rfc8031-curve25519.json");
        using KeyExchange initiator = KeyExchange.FromSeed(KeyExchangeMethod.Curve25519, vector.Hex("random_i"));
        using KeyExchange responder = KeyExchange.FromSeed(KeyExchangeMethod.Curve25519, vector.Hex("fixed_r"));

        Assert.Equal(vector.Hex("pub_i"), initiator.PublicValue.ToArray());
        Assert.Equal(vector.Hex("pub_r"), responder.PublicValue.ToArray());
        using SecretBytes? secret = initiator.Derive(responder.PublicValue);
        Assert.Equal(vector.Hex("shared"), secret!.Reveal().ToArray());
    }

    [Fact]
    public void ECP_groups_agree_with_RFC_5903()
    {
        foreach (JsonElement vector in VectorFile.Vectors("rfc/rfc5903-ecp.json"))
        {
            var method = (KeyExchangeMethod)vector.Number("group");
            using KeyExchange initiator = EcpKeyExchange.FromScalar(method, vector.Hex("i"));
            using KeyExchange responder = EcpKeyExchange.FromScalar(method, vector.Hex("r"));

            Assert.Equal(vector.Hex("KEi")[8..], initiator.PublicValue.ToArray());
            Assert.Equal(vector.Hex("KEr")[8..], responder.PublicValue.ToArray());
            using SecretBytes? secret = responder.Derive(initiator.PublicValue);
            Assert.Equal(vector.Hex("girx"), secret!.Reveal().ToArray());
        }
    }

    [Fact]
    public void Brainpool_groups_agree_with_RFC_6954()
    {
        foreach (JsonElement vector in VectorFile.Vectors("rfc/rfc6954-brainpool.json"))
        {
            var method = (KeyExchangeMethod)vector.Number("group");
            if (!KeyExchange.IsSupported(method))
            {
                continue;   // brainpoolP224r1, group 27
            }

            using KeyExchange a = EcpKeyExchange.FromScalar(method, vector.Hex("dA"));
            Assert.Equal([.. vector.Hex("x_qA"), .. vector.Hex("y_qA")], a.PublicValue.ToArray());
            using SecretBytes? secret = a.Derive([.. vector.Hex("x_qB"), .. vector.Hex("y_qB")]);
            Assert.Equal(vector.Hex("x_Z"), secret!.Reveal().ToArray());
        }
    }

    [Fact]
    public void MODP_groups_agree_with_the_vectors_of_strongSwan()
    {
        int count = 0;
        foreach (JsonElement vector in VectorFile.Vectors("rfc/strongswan-modp-dh.json"))
        {
            var method = (KeyExchangeMethod)vector.Number("group");
            if (!KeyExchange.IsSupported(method))
            {
                continue;   // groups 1 and 22 to 24
            }

            using KeyExchange initiator = ModpKeyExchange.FromExponent(method, vector.Hex("priv_i"));
            using KeyExchange responder = ModpKeyExchange.FromExponent(method, vector.Hex("priv_r"));
            Assert.Equal(vector.Hex("pub_i"), initiator.PublicValue.ToArray());
            Assert.Equal(vector.Hex("pub_r"), responder.PublicValue.ToArray());
            using SecretBytes? secret = responder.Derive(initiator.PublicValue);
            Assert.Equal(vector.Hex("shared"), secret!.Reveal().ToArray());
            count++;
        }

        Assert.Equal(7, count);
    }

    private static byte[] Seed(KeyExchangeMethod method, byte fill)
    {
        byte[] seed = new byte[KeyExchange.PrivateSeedOctets(method)];
        Array.Fill(seed, fill);
        return seed;
    }

    private static KeyExchange FromFill(KeyExchangeMethod method, byte fill) =>
        KeyExchange.FromSeed(method, Seed(method, fill));
}
