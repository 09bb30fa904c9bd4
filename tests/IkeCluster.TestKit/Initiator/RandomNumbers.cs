using System.Buffers.Binary;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>SPIs, nonces and key pairs from the chance that was handed in.</summary>
internal static class RandomNumbers
{
    /// <summary>1 to 255 are reserved (RFC 4303 §2.1).</summary>
    private const uint FirstEspSpi = 256;

    public static IkeSpi IkeSpi(FillRandom random)
    {
        Span<byte> octets = stackalloc byte[8];
        random(octets);
        return new(Math.Max(1, BinaryPrimitives.ReadUInt64BigEndian(octets)));
    }

    public static EspSpi EspSpi(FillRandom random)
    {
        Span<byte> octets = stackalloc byte[4];
        random(octets);
        return new(Math.Max(FirstEspSpi, BinaryPrimitives.ReadUInt32BigEndian(octets)));
    }

    public static byte[] Nonce(FillRandom random)
    {
        byte[] nonce = new byte[32];
        random(nonce);
        return nonce;
    }

    public static KeyExchange KeyPair(FillRandom random, KeyExchangeMethod method)
    {
        using var seed = new SecretBytes(KeyExchange.PrivateSeedOctets(method));
        random(seed.Reveal());
        return KeyExchange.FromSeed(method, seed.Reveal());
    }
}
