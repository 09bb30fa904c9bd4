using System.Collections.Immutable;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>CFG_REQUEST and CFG_REPLY (RFC 7296 §3.15): addresses, DNS servers, subnets.</summary>
internal static class Configuration
{
    private const int V4 = 4;
    private const int V6 = 16;

    public static ImmutableArray<CfgAttribute> Request(InitiatorSettings settings)
    {
        List<CfgAttribute> wanted = [];
        if (settings.WantsIpv4)
        {
            wanted.AddRange([new(CfgAttributeType.InternalIp4Address, default), new(CfgAttributeType.InternalIp4Dns, default)]);
        }

        if (settings.WantsIpv6)
        {
            wanted.AddRange([new(CfgAttributeType.InternalIp6Address, default), new(CfgAttributeType.InternalIp6Dns, default)]);
        }

        return [.. wanted, .. settings.MoreAttributes];
    }

    public static NegotiatedSa Read(in PayloadIndex payloads, NegotiatedSa sa)
    {
        if (!payloads.TryFind(PayloadType.Cp, out PayloadView view) || !CpPayload.TryRead(view.Body, out CpPayload reply, out _)
            || reply.Type != CfgType.Reply)
        {
            return sa;
        }

        var addresses = ImmutableArray.CreateBuilder<IpAddress>();
        var dns = ImmutableArray.CreateBuilder<IpAddress>();
        var subnets = ImmutableArray.CreateBuilder<TrafficSelector>();
        var all = ImmutableArray.CreateBuilder<CfgAttribute>();
        foreach (CfgAttributeView attribute in reply)
        {
            ReadOnlySpan<byte> value = attribute.Value;
            all.Add(new CfgAttribute(attribute.Type, value.ToArray()));
            switch (attribute.Type, value.Length)
            {
                case (CfgAttributeType.InternalIp4Address, V4):
                case (CfgAttributeType.InternalIp6Address, V6 + 1):
                    addresses.Add(IpAddress.Read(value[..(value.Length & ~1)]));
                    break;
                case (CfgAttributeType.InternalIp4Dns, V4):
                case (CfgAttributeType.InternalIp6Dns, V6):
                    dns.Add(IpAddress.Read(value));
                    break;
                case (CfgAttributeType.InternalIp4Subnet, 2 * V4):
                    subnets.Add(TrafficSelector.Subnet(IpAddress.Read(value[..V4]), BitsOf(value[V4..])));
                    break;
                case (CfgAttributeType.InternalIp6Subnet, V6 + 1) when value[V6] <= 8 * V6:
                    subnets.Add(TrafficSelector.Subnet(IpAddress.Read(value[..V6]), value[V6]));
                    break;
                default:
                    break;
            }
        }

        return sa with
        {
            VirtualIps = addresses.ToImmutable(),
            DnsServers = dns.ToImmutable(),
            Subnets = subnets.ToImmutable(),
            Attributes = all.ToImmutable(),
        };
    }

    private static int BitsOf(ReadOnlySpan<byte> netmask)
    {
        int bits = 0;
        foreach (byte octet in netmask)
        {
            bits += System.Numerics.BitOperations.PopCount(octet);
        }

        return bits;
    }
}
