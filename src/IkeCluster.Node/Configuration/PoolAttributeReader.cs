using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Configuration;

/// <summary>
/// Reads what a pool says beside addresses, name servers and subnets: swanctl.conf's other words, and attributes by their
/// number, such as 25 and 26 of split DNS (RFC 8598).
/// </summary>
internal static class PoolAttributeReader
{
    private const int NumberMax = 0x7fff;
    private const string HexPrefix = "0x";

    // What the node hands out, or what has keys of its own.
    private static readonly CfgAttributeType[] OwnOfPool =
    [
        CfgAttributeType.None, CfgAttributeType.InternalIp4Address, CfgAttributeType.InternalIp6Address, CfgAttributeType.InternalIp4Dns,
        CfgAttributeType.InternalIp6Dns, CfgAttributeType.InternalIp4Subnet, CfgAttributeType.InternalIp6Subnet,
    ];

    public static ImmutableArray<CfgAttribute> Read(ConfigSection section)
    {
        List<CfgAttribute> found =
        [
            .. Addresses(section, "dhcp", CfgAttributeType.InternalIp4Dhcp, CfgAttributeType.InternalIp6Dhcp),
            .. Addresses(section, "netmask", CfgAttributeType.InternalIp4Netmask, null),
            .. Addresses(section, "server", CfgAttributeType.InternalIp4Server, CfgAttributeType.InternalIp6Server),
            .. Unity(section, "split_include", CfgAttributeType.UnitySplitInclude),
            .. Unity(section, "split_exclude", CfgAttributeType.UnityLocalLan),
        ];
        foreach (string key in section.Keys.Where(key => key.All(char.IsAsciiDigit)).Union(["25", "26"], StringComparer.Ordinal).ToList())
        {
            found.AddRange(Numbered(section, key));
        }

        return [.. found];
    }

    private static IEnumerable<CfgAttribute> Addresses(ConfigSection section, string key, CfgAttributeType v4, CfgAttributeType? v6)
    {
        foreach (IpAddress address in PoolReader.ReadAddresses(section, key))
        {
            if (!address.IsV4 && v6 is null)
            {
                section.Fault(key, $"{address} is IPv6, for which there is no such attribute, write an IPv4 address");
                continue;
            }

            yield return new CfgAttribute(address.IsV4 ? v4 : v6!.Value, CfgValue.Of(address));
        }
    }

    private static CfgAttribute[] Unity(ConfigSection section, string key, CfgAttributeType type)
    {
        ImmutableArray<(IpAddress Address, int PrefixLength)> subnets = PoolReader.ReadSubnets(section, key);
        if (subnets.Any(subnet => !subnet.Address.IsV4))
        {
            section.Fault(key, "is for IPv4 alone, write subnets such as 10.0.0.0/8");
            return [];
        }

        return subnets.IsEmpty ? [] : [new CfgAttribute(type, CfgValue.OfUnity(subnets))];
    }

    private static IEnumerable<CfgAttribute> Numbered(ConfigSection section, string key)
    {
        ImmutableArray<ConfigScalar> values = section.List(key);
        if (values.IsEmpty)
        {
            return [];
        }

        if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number > NumberMax
            || OwnOfPool.Contains((CfgAttributeType)number))
        {
            section.Fault(key, $"is no attribute that can be given here, write a number up to {NumberMax}; addrs, dns and subnet have keys of their own");
            return [];
        }

        return values.Select(value => new CfgAttribute((CfgAttributeType)number, ValueOf(section, key, value.Text)));
    }

    /// <summary>An address, a subnet, hexadecimal behind <c>0x</c>, or text.</summary>
    private static byte[] ValueOf(ConfigSection section, string key, string text)
    {
        if (text.StartsWith(HexPrefix, StringComparison.Ordinal))
        {
            string hex = text[HexPrefix.Length..];
            bool isHex = hex.Length % 2 == 0 && hex.All(char.IsAsciiHexDigit);
            if (!isHex)
            {
                section.Fault(key, "what stands behind 0x is not hexadecimal, write pairs of 0-9 and a-f");
            }

            return isHex ? Convert.FromHexString(hex) : [];
        }

        return ConfigText.TryAddress(text, out IpAddress address) ? CfgValue.Of(address)
            : ConfigText.TrySubnet(text, out address, out int prefixLength) ? CfgValue.Of(address, prefixLength)
            : Encoding.UTF8.GetBytes(text);
    }
}
