using IkeCluster.Crypto.Native;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.KeyExchange;

/// <summary>Curve25519 and Curve448 (RFC 8031).</summary>
internal sealed class MontgomeryKeyExchange : KeyExchange
{
    private readonly int _curve;
    private readonly EvpKey _private;

    /// <summary>The seed is the private value: the curves' functions fix its bits themselves (RFC 7748 §5).</summary>
    internal MontgomeryKeyExchange(KeyExchangeMethod method, ReadOnlySpan<byte> seed)
        : base(method, seed)
    {
        _curve = method is KeyExchangeMethod.Curve25519 ? EvpKey.X25519 : EvpKey.X448;
        _private = EvpKey.FromPrivate(_curve, seed);
        _private.WritePublic(PublicValueRoom);
    }

    internal static bool Has(KeyExchangeMethod method) =>
        method is KeyExchangeMethod.Curve25519 or KeyExchangeMethod.Curve448;

    /// <summary>Private value, public value and shared secret alike.</summary>
    internal static int ValueOctets(KeyExchangeMethod method) => method switch
    {
        KeyExchangeMethod.Curve25519 => 32,
        KeyExchangeMethod.Curve448 => 56,
        _ => throw new NotSupportedException($"no key exchange {method}"),
    };

    private protected override void DisposePrivate() => _private.Dispose();

    private protected override bool TryDerive(ReadOnlySpan<byte> peerValue, Span<byte> secret)
    {
        using EvpKey peer = EvpKey.FromPublic(_curve, peerValue);

        // RFC 8031, RFC 7748 §6: a peer's value of small order makes the secret all zero.
        return _private.TryDerive(peer, secret) && secret.IndexOfAnyExcept((byte)0) >= 0;
    }
}
