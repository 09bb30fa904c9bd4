using IkeCluster.Crypto.Native;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.KeyExchange;

/// <summary>
/// ECP groups 19, 20, 21 (RFC 5903) and the brainpool groups 28, 29, 30 (RFC 6954): the public value is x | y, the
/// shared secret x alone.
/// </summary>
internal sealed class EcpKeyExchange : KeyExchange
{
    // FIPS 186-5 §A.2.1: 64 bits more than the order has make the bias of the remainder unobservable.
    private const int ExtraSeedOctets = 8;

    private static readonly Curve[] Curves =
    [
        new(KeyExchangeMethod.Ecp256, 32, EcGroup.Named(415)),
        new(KeyExchangeMethod.Ecp384, 48, EcGroup.Named(715)),
        new(KeyExchangeMethod.Ecp521, 66, EcGroup.Named(716)),
        new(KeyExchangeMethod.BrainpoolP256, 32, EcGroup.Named(927)),
        new(KeyExchangeMethod.BrainpoolP384, 48, EcGroup.Named(931)),
        new(KeyExchangeMethod.BrainpoolP512, 64, EcGroup.Named(933)),
    ];

    private readonly EcGroup _group;
    private readonly BigNumber _private;

    private EcpKeyExchange(KeyExchangeMethod method, ReadOnlySpan<byte> seed, EcGroup group, BigNumber scalar)
        : base(method, seed)
    {
        _group = group;
        _private = scalar;
        group.MultiplyGenerator(scalar, PublicValueRoom);
    }

    internal static bool Has(KeyExchangeMethod method) => Array.Exists(Curves, curve => curve.Method == method);

    internal static int CoordinateOctets(KeyExchangeMethod method) => Of(method).CoordinateOctets;

    internal static int SeedOctets(KeyExchangeMethod method) => CoordinateOctets(method) + ExtraSeedOctets;

    internal static EcpKeyExchange Create(KeyExchangeMethod method, ReadOnlySpan<byte> seed)
    {
        EcGroup group = Of(method).Group;
        return new EcpKeyExchange(method, seed, group, group.ScalarFrom(seed));
    }

    /// <summary>A given scalar instead of a seed, as published vectors have it.</summary>
    internal static EcpKeyExchange FromScalar(KeyExchangeMethod method, ReadOnlySpan<byte> scalar) =>
        new(method, scalar, Of(method).Group, BigNumber.FromSecret(scalar));

    private protected override void DisposePrivate() => _private.Dispose();

    /// <summary>RFC 6989 §2.3: coordinates below the prime, on the curve; infinity has no x | y.</summary>
    private protected override bool TryDerive(ReadOnlySpan<byte> peerValue, Span<byte> secret) =>
        _group.TryMultiply(_private, peerValue, secret);

    private static Curve Of(KeyExchangeMethod method) => Array.Find(Curves, curve => curve.Method == method)
        ?? throw new NotSupportedException($"no curve {method}");

    private sealed record Curve(KeyExchangeMethod Method, int CoordinateOctets, EcGroup Group);
}
