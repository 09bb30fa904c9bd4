using System.Collections.Immutable;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>Configuration payloads (RFC 7296 §2.19, 3.15): what a client asks for, and what its pools say.</summary>
internal static class Configuration
{
    private const byte HostPrefixLength = 128;

    /// <summary>The request for addresses, or null where the message holds no CFG_REQUEST for any.</summary>
    internal static LeaseRequest? ReadRequest(in PayloadIndex payloads, ImmutableArray<string> pools, Identity identity)
    {
        if (!payloads.TryFind(PayloadType.Cp, out PayloadView body) || !CpPayload.TryRead(body.Body, out CpPayload cp, out _)
            || cp.Type != CfgType.Request)
        {
            return null;
        }

        bool wantsIpv4 = false;
        bool wantsIpv6 = false;
        ImmutableArray<IpAddress>.Builder wanted = ImmutableArray.CreateBuilder<IpAddress>();
        foreach (CfgAttributeView attribute in cp)
        {
            wantsIpv4 |= attribute.Type == CfgAttributeType.InternalIp4Address;
            wantsIpv6 |= attribute.Type == CfgAttributeType.InternalIp6Address;
            if (TryReadAddress(attribute, out IpAddress address) && !address.IsAny)
            {
                wanted.Add(address);
            }
        }

        return wantsIpv4 || wantsIpv6 ? new LeaseRequest(identity, pools, wantsIpv4, wantsIpv6, wanted.ToImmutable()) : null;
    }

    /// <summary>CFG_REPLY: the addresses, and of each pool that gave one its DNS and WINS servers and subnets.</summary>
    internal static void WriteReply(ref PayloadWriter writer, ImmutableArray<LeasedAddress> addresses, PolicySet policy)
    {
        List<CfgAttribute> attributes = [];
        foreach (LeasedAddress leased in addresses)
        {
            attributes.Add(leased.Address.IsV4
                ? new CfgAttribute(CfgAttributeType.InternalIp4Address, Octets(leased.Address))
                : new CfgAttribute(CfgAttributeType.InternalIp6Address, Octets(leased.Address, HostPrefixLength)));
        }

        foreach (string name in addresses.Select(leased => leased.Pool).Distinct(StringComparer.Ordinal))
        {
            if (policy.FindPool(name) is { } pool)
            {
                AddPool(attributes, pool);
            }
        }

        writer.Cp(CfgType.Reply, attributes.ToArray());
    }

    private static void AddPool(List<CfgAttribute> attributes, PoolPolicy pool)
    {
        foreach (IpAddress dns in pool.Dns)
        {
            attributes.Add(new(dns.IsV4 ? CfgAttributeType.InternalIp4Dns : CfgAttributeType.InternalIp6Dns, Octets(dns)));
        }

        foreach (IpAddress nbns in pool.Nbns.Where(nbns => nbns.IsV4))
        {
            attributes.Add(new(CfgAttributeType.InternalIp4Nbns, Octets(nbns)));
        }

        foreach ((IpAddress address, int prefixLength) in pool.Subnets)
        {
            attributes.Add(address.IsV4
                ? new(CfgAttributeType.InternalIp4Subnet, (byte[])[.. Octets(address), .. Netmask(prefixLength)])
                : new(CfgAttributeType.InternalIp6Subnet, Octets(address, (byte)prefixLength)));
        }
    }

    private static byte[] Netmask(int prefixLength) =>
        Octets(IpAddress.V4(prefixLength == 0 ? 0 : uint.MaxValue << (32 - prefixLength)));

    private static byte[] Octets(IpAddress address, params ReadOnlySpan<byte> tail)
    {
        byte[] octets = new byte[address.Length + tail.Length];
        address.Write(octets);
        tail.CopyTo(octets.AsSpan(address.Length));
        return octets;
    }

    private static bool TryReadAddress(in CfgAttributeView attribute, out IpAddress address)
    {
        bool sound = (attribute.Type, attribute.Value.Length) is (CfgAttributeType.InternalIp4Address, 4)
            or (CfgAttributeType.InternalIp6Address, 16 or 17);
        address = sound ? IpAddress.Read(attribute.Value[..(attribute.Type == CfgAttributeType.InternalIp4Address ? 4 : 16)]) : default;
        return sound;
    }
}
