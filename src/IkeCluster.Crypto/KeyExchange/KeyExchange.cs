using IkeCluster.Crypto.Native;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.KeyExchange;

/// <summary>
/// One private value of a key exchange and its public value (transform type 4; RFC 7296 §2.12, §3.4). Both follow from
/// a seed alone, so that a seed is all that chance gives and all that must be kept.
/// </summary>
public abstract class KeyExchange : IDisposable
{
    private readonly byte[] _publicValue;

    private protected KeyExchange(KeyExchangeMethod method, ReadOnlySpan<byte> seed)
    {
        Method = method;
        Seed = SecretBytes.CopyOf(seed);
        _publicValue = new byte[PublicValueOctets(method)];
    }

    public KeyExchangeMethod Method { get; }

    /// <summary>What it was made from; goes with this object.</summary>
    public SecretBytes Seed { get; }

    /// <summary>Key Exchange Data as the KE payload carries it.</summary>
    public ReadOnlySpan<byte> PublicValue => _publicValue;

    private protected Span<byte> PublicValueRoom => _publicValue;

    public static bool IsSupported(KeyExchangeMethod method) =>
        ModpKeyExchange.Has(method) || EcpKeyExchange.Has(method) || MontgomeryKeyExchange.Has(method);

    /// <summary>Octets of chance that <see cref="FromSeed"/> takes.</summary>
    public static int PrivateSeedOctets(KeyExchangeMethod method) => method switch
    {
        _ when ModpKeyExchange.Has(method) => ModpKeyExchange.ExponentOctets(method),
        _ when EcpKeyExchange.Has(method) => EcpKeyExchange.SeedOctets(method),
        _ => MontgomeryKeyExchange.ValueOctets(method),
    };

    public static int PublicValueOctets(KeyExchangeMethod method) => method switch
    {
        _ when ModpKeyExchange.Has(method) => ModpKeyExchange.ValueOctets(method),
        _ when EcpKeyExchange.Has(method) => 2 * EcpKeyExchange.CoordinateOctets(method),
        _ => MontgomeryKeyExchange.ValueOctets(method),
    };

    public static int SharedSecretOctets(KeyExchangeMethod method) => method switch
    {
        _ when ModpKeyExchange.Has(method) => ModpKeyExchange.ValueOctets(method),
        _ when EcpKeyExchange.Has(method) => EcpKeyExchange.CoordinateOctets(method),
        _ => MontgomeryKeyExchange.ValueOctets(method),
    };

    /// <summary>The same seed gives the same pair.</summary>
    public static KeyExchange FromSeed(KeyExchangeMethod method, ReadOnlySpan<byte> seed)
    {
        OctetCount.MustBe(PrivateSeedOctets(method), seed.Length);
        return method switch
        {
            _ when ModpKeyExchange.Has(method) => ModpKeyExchange.Create(method, seed),
            _ when EcpKeyExchange.Has(method) => EcpKeyExchange.Create(method, seed),
            _ => new MontgomeryKeyExchange(method, seed),
        };
    }

    /// <summary>
    /// The shared secret g^ir as SKEYSEED takes it: a MODP value with zeroes in front, the x of an ECP point. Null: the
    /// peer's value is none of the group's, or one that RFC 6989 §2 or RFC 8031 refuses.
    /// </summary>
    public SecretBytes? Derive(ReadOnlySpan<byte> peerValue)
    {
        if (peerValue.Length != _publicValue.Length)
        {
            return null;
        }

        var secret = new SecretBytes(SharedSecretOctets(Method));
        if (TryDerive(peerValue, secret.Reveal()))
        {
            return secret;
        }

        secret.Dispose();
        LibCrypto.ClearErrors();
        return null;
    }

    public void Dispose()
    {
        Seed.Dispose();
        DisposePrivate();
        GC.SuppressFinalize(this);
    }

    private protected abstract void DisposePrivate();

    private protected abstract bool TryDerive(ReadOnlySpan<byte> peerValue, Span<byte> secret);
}
