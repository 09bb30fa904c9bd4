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

    /// <summary>CFG_REPLY: the addresses, and of each pool that gave one its servers, subnets and further attributes.</summary>
    internal static void WriteReply(
        ref PayloadWriter writer, in PayloadIndex request, ImmutableArray<LeasedAddress> addresses, PolicySet policy)
    {
        bool splitsDns = AsksFor(request, CfgAttributeType.InternalDnsDomain);
        List<CfgAttribute> attributes = [];
        foreach (LeasedAddress leased in addresses)
        {
            attributes.Add(leased.Address.IsV4
                ? new CfgAttribute(CfgAttributeType.InternalIp4Address, CfgValue.Of(leased.Address))
                : new CfgAttribute(CfgAttributeType.InternalIp6Address, CfgValue.Of(leased.Address, HostPrefixLength)));
        }

        foreach (string name in addresses.Select(leased => leased.Pool).Distinct(StringComparer.Ordinal))
        {
            if (policy.FindPool(name) is { } pool)
            {
                AddPool(attributes, pool, splitsDns);
            }
        }

        writer.Cp(CfgType.Reply, attributes.ToArray());
    }

    private static void AddPool(List<CfgAttribute> attributes, PoolPolicy pool, bool splitsDns)
    {
        foreach (IpAddress dns in pool.Dns)
        {
            attributes.Add(new(dns.IsV4 ? CfgAttributeType.InternalIp4Dns : CfgAttributeType.InternalIp6Dns, CfgValue.Of(dns)));
        }

        foreach (IpAddress nbns in pool.Nbns.Where(nbns => nbns.IsV4))
        {
            attributes.Add(new(CfgAttributeType.InternalIp4Nbns, CfgValue.Of(nbns)));
        }

        foreach ((IpAddress address, int prefixLength) in pool.Subnets)
        {
            attributes.Add(new(
                address.IsV4 ? CfgAttributeType.InternalIp4Subnet : CfgAttributeType.InternalIp6Subnet, CfgValue.Of(address, prefixLength)));
        }

        attributes.AddRange(pool.Attributes.Where(one => splitsDns || !IsSplitDns(one.Type)));
    }

    // RFC 8598 §3: only a peer that asks for domains knows what to do with them, and trust anchors belong to domains.
    private static bool IsSplitDns(CfgAttributeType type) => type is CfgAttributeType.InternalDnsDomain or CfgAttributeType.InternalDnssecTa;

    private static bool AsksFor(in PayloadIndex request, CfgAttributeType wanted)
    {
        if (request.TryFind(PayloadType.Cp, out PayloadView body) && CpPayload.TryRead(body.Body, out CpPayload cp, out _))
        {
            foreach (CfgAttributeView attribute in cp)
            {
                if (attribute.Type == wanted)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool TryReadAddress(in CfgAttributeView attribute, out IpAddress address)
    {
        bool sound = (attribute.Type, attribute.Value.Length) is (CfgAttributeType.InternalIp4Address, 4)
            or (CfgAttributeType.InternalIp6Address, 16 or 17);
        address = sound ? IpAddress.Read(attribute.Value[..(attribute.Type == CfgAttributeType.InternalIp4Address ? 4 : 16)]) : default;
        return sound;
    }
}
