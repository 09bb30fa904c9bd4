using IkeCluster.Protocol.Values;

namespace IkeCluster.Protocol.Payloads;

/// <summary>Values of configuration attributes as they stand on the wire (RFC 7296 §3.15.1).</summary>
public static class CfgValue
{
    private const int UnityPaddingOctets = 6;

    public static byte[] Of(IpAddress address, params ReadOnlySpan<byte> tail)
    {
        byte[] octets = new byte[address.Length + tail.Length];
        address.Write(octets);
        tail.CopyTo(octets.AsSpan(address.Length));
        return octets;
    }

    /// <summary>IPv4: address and netmask; IPv6: address and prefix length.</summary>
    public static byte[] Of(IpAddress address, int prefixLength) => address.IsV4
        ? [.. Of(address), .. Of(IpAddress.V4(prefixLength == 0 ? 0 : uint.MaxValue << (32 - prefixLength)))]
        : Of(address, (byte)prefixLength);

    /// <summary>Cisco's UNITY_SPLIT_INCLUDE and UNITY_LOCAL_LAN: IPv4 subnets, each with protocol and ports, which stay zero.</summary>
    public static byte[] OfUnity(IEnumerable<(IpAddress Address, int PrefixLength)> subnets) =>
        [.. subnets.SelectMany(subnet => (byte[])[.. Of(subnet.Address, subnet.PrefixLength), .. new byte[UnityPaddingOctets]])];
}
