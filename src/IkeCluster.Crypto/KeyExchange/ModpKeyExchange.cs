using IkeCluster.Crypto.Native;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.KeyExchange;

/// <summary>MODP groups 2 (RFC 7296 §B.2), 5 and 14 to 18 (RFC 3526), generator 2.</summary>
internal sealed class ModpKeyExchange : KeyExchange
{
    /// <summary>
    /// Exponent octets hold the bits that RFC 7919 Appendix A asks for at each size (225, 275, 325, 375, 400) and one
    /// more, the top one, which is set so that every exponent has full length. A longer one is slower, not stronger.
    /// </summary>
    private static readonly Group[] Groups =
    [
        new(KeyExchangeMethod.Modp1024, 1024, 21),
        new(KeyExchangeMethod.Modp1536, 1536, 26),
        new(KeyExchangeMethod.Modp2048, 2048, 29),
        new(KeyExchangeMethod.Modp3072, 3072, 35),
        new(KeyExchangeMethod.Modp4096, 4096, 41),
        new(KeyExchangeMethod.Modp6144, 6144, 47),
        new(KeyExchangeMethod.Modp8192, 8192, 51),
    ];

    private static readonly BigNumber Generator = BigNumber.FromBytes([2]);

    private readonly Group _group;
    private readonly BigNumber _private;

    private ModpKeyExchange(Group group, ReadOnlySpan<byte> seed, BigNumber exponent)
        : base(group.Method, seed)
    {
        _group = group;
        _private = exponent;
        group.Modulus.WritePower(Generator, exponent, PublicValueRoom);
    }

    internal static bool Has(KeyExchangeMethod method) => Array.Exists(Groups, group => group.Method == method);

    internal static int ExponentOctets(KeyExchangeMethod method) => Of(method).ExponentOctets;

    internal static int ValueOctets(KeyExchangeMethod method) => Of(method).Bits / 8;

    internal static ModpKeyExchange Create(KeyExchangeMethod method, ReadOnlySpan<byte> seed)
    {
        using SecretBytes exponent = SecretBytes.CopyOf(seed);
        exponent.Reveal()[0] |= 0x80;
        return new ModpKeyExchange(Of(method), seed, BigNumber.FromSecret(exponent.Reveal()));
    }

    /// <summary>A given exponent instead of a seed, as published vectors have it.</summary>
    internal static ModpKeyExchange FromExponent(KeyExchangeMethod method, ReadOnlySpan<byte> exponent) =>
        new(Of(method), exponent, BigNumber.FromSecret(exponent));

    private protected override void DisposePrivate() => _private.Dispose();

    private protected override bool TryDerive(ReadOnlySpan<byte> peerValue, Span<byte> secret)
    {
        using BigNumber peer = BigNumber.FromBytes(peerValue);

        // RFC 6989 §2.1: these primes are safe, so 1 < y < p-1 leaves no small subgroup to be pushed into, and the
        // far dearer proof of y^q = 1 is not asked for.
        if (peer.IsOneOrLess || peer.CompareTo(_group.PrimeMinusOne) >= 0)
        {
            return false;
        }

        _group.Modulus.WritePower(peer, _private, secret);
        return true;
    }

    private static Group Of(KeyExchangeMethod method) => Array.Find(Groups, group => group.Method == method)
        ?? throw new NotSupportedException($"no MODP group {method}");

    private sealed class Group
    {
        internal Group(KeyExchangeMethod method, int bits, int exponentOctets)
        {
            (Method, Bits, ExponentOctets) = (method, bits, exponentOctets);
            BigNumber prime = ModpPrimes.Of(method);
            PrimeMinusOne = prime.MinusOne();
            Modulus = MontgomeryModulus.From(prime);
        }

        internal KeyExchangeMethod Method { get; }

        internal int Bits { get; }

        internal int ExponentOctets { get; }

        internal BigNumber PrimeMinusOne { get; }

        internal MontgomeryModulus Modulus { get; }
    }
}
