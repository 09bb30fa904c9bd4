using System.Collections.Immutable;
using System.Net;
using System.Text;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Protocol.Payloads;

/// <summary>How a gateway is named in REDIRECT and REDIRECTED_FROM (RFC 5685 §8.2).</summary>
public enum GatewayIdentityType : byte { Ipv4 = 1, Ipv6 = 2, Fqdn = 3 }

//   0               1               2               3
//  +---------------+---------------+-------------------------------+
//  | GW Ident Type |  GW Ident Len |  New Responder GW Identity    ~
//  +---------------+---------------+-------------------------------+
//  |                  Nonce Data (REDIRECT in IKE_SA_INIT)         ~

/// <summary>The gateway that a client is sent to, or came from (RFC 5685 §8.2, 8.3).</summary>
public sealed record GatewayIdentity(GatewayIdentityType Type, ImmutableArray<byte> Data)
{
    public const int OctetsMax = HeaderOctets + byte.MaxValue;

    private const int HeaderOctets = 2;

    /// <summary>Octets on the wire, type and length included.</summary>
    public int Octets => HeaderOctets + Data.Length;

    /// <summary>
    /// An address of either family, else a name of a host. Resolvers take a name that ends in a number for an address
    /// (RFC 1123 §2.1), so <c>192.0.2.300</c> and <c>10.1</c> are neither.
    /// </summary>
    public static bool TryParse(string text, out GatewayIdentity? gateway)
    {
        gateway = null;
        if (EndsInNumber(text) && text.AsSpan().Count('.') != 3)
        {
            return false;
        }

        gateway = IPAddress.TryParse(text, out IPAddress? address) ? Of(IpAddress.From(address))
            : !EndsInNumber(text) && Uri.CheckHostName(text) == UriHostNameType.Dns && text.Length <= byte.MaxValue
                ? new GatewayIdentity(GatewayIdentityType.Fqdn, [.. Encoding.ASCII.GetBytes(text)])
                : null;
        return gateway is not null;
    }

    private static bool EndsInNumber(string text)
    {
        ReadOnlySpan<char> name = text.AsSpan().TrimEnd('.');
        return !text.Contains(':', StringComparison.Ordinal) && !name[(name.LastIndexOf('.') + 1)..].ContainsAnyExceptInRange('0', '9');
    }

    public static GatewayIdentity Of(IpAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        address.Write(octets);
        return new(address.IsV4 ? GatewayIdentityType.Ipv4 : GatewayIdentityType.Ipv6, [.. octets[..address.Length]]);
    }

    /// <summary>
    /// Reads the identity at the beginning of a notify's data; <paramref name="rest"/> is the nonce, where there is one. False: of
    /// no known type, or its length does not fit.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out GatewayIdentity? gateway, out ReadOnlySpan<byte> rest)
    {
        gateway = null;
        rest = default;
        if (data.Length < HeaderOctets || data.Length < HeaderOctets + data[1])
        {
            return false;
        }

        ReadOnlySpan<byte> named = data.Slice(HeaderOctets, data[1]);
        bool fits = ((GatewayIdentityType)data[0], named.Length) is
            (GatewayIdentityType.Ipv4, 4) or (GatewayIdentityType.Ipv6, 16) or (GatewayIdentityType.Fqdn, > 0);
        rest = data[(HeaderOctets + named.Length)..];
        gateway = fits ? new GatewayIdentity((GatewayIdentityType)data[0], [.. named]) : null;
        return fits;
    }

    public bool Equals(GatewayIdentity? other) => other is not null && Type == other.Type && (Type == GatewayIdentityType.Fqdn
        ? Ascii.EqualsIgnoreCase(Data.AsSpan(), other.Data.AsSpan())
        : Data.AsSpan().SequenceEqual(other.Data.AsSpan()));

    public override int GetHashCode() => HashCode.Combine(Type, Data.Length);

    /// <summary>Writes <see cref="Octets"/> octets.</summary>
    public void Write(Span<byte> into)
    {
        into[0] = (byte)Type;
        into[1] = checked((byte)Data.Length);
        Data.CopyTo(into[HeaderOctets..]);
    }

    public override string ToString() => Type == GatewayIdentityType.Fqdn ? Encoding.ASCII.GetString(Data.AsSpan()) : IpAddress.Read(Data.AsSpan()).ToString();
}
