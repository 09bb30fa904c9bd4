using System.Text.Json;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Tests.Crypto;

/// <summary>What a peer may send as its public value, and what RFC 6989 and RFC 8031 make us refuse.</summary>
public sealed class PeerValueTests
{
    [Fact]
    [Trait("row", "24")]
    [Trait("row", "25")]
    public void A_MODP_value_must_lie_between_one_and_the_prime_less_one()
    {
        foreach (JsonElement vector in VectorFile.Vectors("rfc/rfc3526-modp-primes.json"))
        {
            var method = (KeyExchangeMethod)vector.Number("group");
            if (!KeyExchange.IsSupported(method))
            {
                continue;   // group 1
            }

            using KeyExchange own = KeyExchange.FromSeed(method, new byte[KeyExchange.PrivateSeedOctets(method)]);
            byte[] prime = vector.Hex("p");
            byte[] primeLessOne = [.. prime[..^1], (byte)(prime[^1] - 1)];
            byte[] primeLessTwo = [.. prime[..^1], (byte)(prime[^1] - 2)];
            byte[] allOnes = [.. prime];
            Array.Fill<byte>(allOnes, 0xFF);

            Assert.Null(own.Derive(Small(prime.Length, 0)));
            Assert.Null(own.Derive(Small(prime.Length, 1)));
            Assert.Null(own.Derive(primeLessOne));
            Assert.Null(own.Derive(prime));
            Assert.Null(own.Derive(allOnes));
            using SecretBytes? least = own.Derive(Small(prime.Length, 2));
            using SecretBytes? most = own.Derive(primeLessTwo);
            Assert.Equal(own.PublicValue.ToArray(), least!.Reveal().ToArray());     // the generator is 2
            Assert.NotNull(most);
        }
    }

    [Fact]
    public void A_small_MODP_secret_keeps_its_zeroes_in_front()
    {
        // RFC 7296 §2.14. 2 to the power of 1 is 2, in a group of 256 octets.
        using KeyExchange own = ModpKeyExchange.FromExponent(KeyExchangeMethod.Modp2048, [1]);
        using SecretBytes? secret = own.Derive(Small(256, 2));
        Assert.Equal(Small(256, 2), secret!.Reveal().ToArray());
    }

    [Theory]
    [InlineData("secp256r1", KeyExchangeMethod.Ecp256, 355)]
    [InlineData("secp384r1", KeyExchangeMethod.Ecp384, 790)]
    [InlineData("secp521r1", KeyExchangeMethod.Ecp521, 661)]
    public void NIST_curves_agree_with_every_vector_of_Wycheproof(string curve, KeyExchangeMethod method, int expected)
    {
        int count = 0;
        foreach ((_, JsonElement test) in VectorFile.Wycheproof($"ecdh_{curve}_ecpoint"))
        {
            byte[] point = test.Hex("public");
            using KeyExchange own = EcpKeyExchange.FromScalar(method, test.Hex("private"));
            using SecretBytes? secret = own.Derive(point.Length == 0 ? [] : point[1..]);

            // A compressed point is no KE payload of ours, whatever else may be done with it.
            bool isUncompressed = point.Length == 1 + KeyExchange.PublicValueOctets(method);
            AssertOutcome(test, secret, isSound: isUncompressed && test.Text("result") is "valid");
            count++;
        }

        Assert.Equal(expected, count);
    }

    [Theory]
    [InlineData("brainpoolP256r1", KeyExchangeMethod.BrainpoolP256)]
    [InlineData("brainpoolP384r1", KeyExchangeMethod.BrainpoolP384)]
    [InlineData("brainpoolP512r1", KeyExchangeMethod.BrainpoolP512)]
    public void Brainpool_curves_agree_with_Wycheproof_where_IKE_can_say_it(string curve, KeyExchangeMethod method)
    {
        int sound = 0, refused = 0;
        int valueOctets = KeyExchange.PublicValueOctets(method);
        byte[] ordinaryFront = VectorFile.Wycheproof($"ecdh_{curve}").First().Test.Hex("public")[..^valueOctets];
        foreach ((_, JsonElement test) in VectorFile.Wycheproof($"ecdh_{curve}"))
        {
            // The rest plays with ASN.1, which a KE payload has not.
            byte[] encoded = test.Hex("public");
            if (encoded.Length != ordinaryFront.Length + valueOctets || !encoded.AsSpan().StartsWith(ordinaryFront))
            {
                continue;
            }

            using KeyExchange own = EcpKeyExchange.FromScalar(method, test.Hex("private"));
            using SecretBytes? secret = own.Derive(encoded.AsSpan(ordinaryFront.Length));
            bool isSound = test.Text("result") is "valid";
            AssertOutcome(test, secret, isSound);
            sound += isSound ? 1 : 0;
            refused += isSound ? 0 : 1;
        }

        Assert.True(sound >= 5 && refused >= 5, $"{sound} sound, {refused} refused");
    }

    [Theory]
    [InlineData("x25519", KeyExchangeMethod.Curve25519, 518)]
    [InlineData("x448", KeyExchangeMethod.Curve448, 510)]
    public void Montgomery_curves_agree_with_every_vector_of_Wycheproof(
        string curve, KeyExchangeMethod method, int expected)
    {
        int count = 0;
        foreach ((_, JsonElement test) in VectorFile.Wycheproof(curve))
        {
            using KeyExchange own = KeyExchange.FromSeed(method, test.Hex("private"));
            using SecretBytes? secret = own.Derive(test.Hex("public"));

            // RFC 8031: an all-zero secret is refused, where Wycheproof leaves the choice.
            bool isZero = test.Hex("shared").AsSpan().IndexOfAnyExcept((byte)0) < 0;
            AssertOutcome(test, secret, isSound: !isZero && test.Text("result") is not "invalid");
            count++;
        }

        Assert.Equal(expected, count);
    }

    [Theory]
    [Trait("row", "27")]
    [InlineData(KeyExchangeMethod.Ecp256)]
    [InlineData(KeyExchangeMethod.Ecp384)]
    [InlineData(KeyExchangeMethod.Ecp521)]
    [InlineData(KeyExchangeMethod.BrainpoolP256)]
    [InlineData(KeyExchangeMethod.BrainpoolP384)]
    [InlineData(KeyExchangeMethod.BrainpoolP512)]
    public void A_pair_of_coordinates_off_the_curve_is_refused(KeyExchangeMethod method)
    {
        using KeyExchange own = KeyExchange.FromSeed(method, new byte[KeyExchange.PrivateSeedOctets(method)]);
        byte[] near = own.PublicValue.ToArray();
        near[^1] ^= 1;
        byte[] allOnes = new byte[near.Length];
        Array.Fill<byte>(allOnes, 0xFF);

        Assert.Null(own.Derive(near));
        Assert.Null(own.Derive(new byte[near.Length]));
        Assert.Null(own.Derive(allOnes));
        using SecretBytes? secret = own.Derive(own.PublicValue);
        Assert.NotNull(secret);
    }

    [Theory, MemberData(nameof(KeyExchangeTests.Methods), MemberType = typeof(KeyExchangeTests))]
    public void No_peer_value_makes_us_throw(KeyExchangeMethod method)
    {
        using KeyExchange own = KeyExchange.FromSeed(method, new byte[KeyExchange.PrivateSeedOctets(method)]);
        var chance = new Random(Seed: (int)method);
        for (int i = 0; i < 8; i++)
        {
            byte[] value = new byte[KeyExchange.PublicValueOctets(method)];
            chance.NextBytes(value);
            using SecretBytes? secret = own.Derive(value);
            Assert.True(secret is null || secret.Length == KeyExchange.SharedSecretOctets(method));
        }
    }

    [Fact]
    public void Threads_share_the_groups_without_harm()
    {
        KeyExchangeMethod[] methods =
            [KeyExchangeMethod.Modp1024, KeyExchangeMethod.Ecp256, KeyExchangeMethod.BrainpoolP256];
        byte[][] expected = [.. methods.Select(SecretWithItself)];
        Parallel.For(0, 60, i => Assert.Equal(expected[i % 3], SecretWithItself(methods[i % 3])));
    }

    private static byte[] SecretWithItself(KeyExchangeMethod method)
    {
        using KeyExchange own = KeyExchange.FromSeed(method, new byte[KeyExchange.PrivateSeedOctets(method)]);
        using SecretBytes? secret = own.Derive(own.PublicValue);
        return secret!.Reveal().ToArray();
    }

    private static void AssertOutcome(JsonElement test, SecretBytes? secret, bool isSound)
    {
        string name = $"test {test.Number("tcId")}";
        Assert.True(isSound == secret is not null, name);
        Assert.True(secret is null || secret.FixedTimeEquals(test.Hex("shared")), name);
    }

    private static byte[] Small(int octets, byte value) => [.. new byte[octets - 1], value];
}
