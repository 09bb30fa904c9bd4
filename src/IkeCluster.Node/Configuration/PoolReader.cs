using System.Collections.Immutable;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads <c>pools</c>. What may be leased leaves out a subnet's first and last address, and a pool's own servers.</summary>
internal static class PoolReader
{
    private const int AttributesMax = 32;
    private const int OctetsMax = 2048;

    /// <summary>Header and an IPv6 address with its prefix length.</summary>
    private const int OctetsOfAttribute = 4 + 17;

    public static ImmutableArray<PoolPolicy> Read(ConfigSection pools)
    {
        var found = ImmutableArray.CreateBuilder<PoolPolicy>();
        var ranges = new List<(string Pool, AddressRange Range)>();
        foreach ((string name, ConfigSection section) in pools.NamedSections())
        {
            ImmutableArray<IpAddress> dns = ReadAddresses(section, "dns");
            ImmutableArray<IpAddress> nbns = ReadAddresses(section, "nbns");
            ImmutableArray<(IpAddress, int)> subnets = ReadSubnets(section, "subnet");
            ImmutableArray<AddressRange> whole = ReadRanges(section, name, ranges);
            ImmutableArray<CfgAttribute> attributes = PoolAttributeReader.Read(section);
            section.Done();
            ImmutableArray<AddressRange> leased = Without(whole, [.. dns, .. nbns]);
            if (leased.IsEmpty && !whole.IsEmpty)
            {
                section.Fault("addrs", "leaves no address to lease, give it a larger subnet");
            }

            if (!leased.IsEmpty)
            {
                var pool = new PoolPolicy { Name = name, Addrs = leased, Dns = dns, Nbns = nbns, Subnets = subnets, Attributes = attributes };
                CheckSize(section, pool);
                found.Add(pool);
            }
        }

        return found.ToImmutable();
    }

    /// <summary>CFG_REPLY goes out with everything else of IKE_AUTH, and clients take no more than so many attributes.</summary>
    private static void CheckSize(ConfigSection section, PoolPolicy pool)
    {
        int count = pool.Dns.Length + pool.Nbns.Length + pool.Subnets.Length + pool.Attributes.Length;
        int octets = (count * OctetsOfAttribute) + pool.Attributes.Sum(one => one.Value.Length);
        if (count > AttributesMax || octets > OctetsMax)
        {
            section.Fault("addrs", $"has more to tell than a peer takes: at most {AttributesMax} attributes in {OctetsMax} octets");
        }
    }

    private static ImmutableArray<AddressRange> ReadRanges(
        ConfigSection section, string pool, List<(string Pool, AddressRange Range)> others)
    {
        var ranges = ImmutableArray.CreateBuilder<AddressRange>();
        ImmutableArray<ConfigScalar> written = section.List("addrs");
        if (written.IsEmpty)
        {
            section.Fault("addrs", "is missing, write a subnet such as 10.64.0.0/16 or a range such as 10.64.0.10-10.64.0.99");
        }

        foreach (ConfigScalar text in written)
        {
            if (!ConfigText.TryRange(text.Text, out AddressRange range))
            {
                section.Report.Fault(text.Place, $"\"{text.Text}\" is not a range of addresses, {ConfigText.RangeHint}");
                continue;
            }

            if (ranges.Count > 0 && ranges[0].Start.IsV4 != range.Start.IsV4)
            {
                section.Report.Fault(text.Place, "a pool holds one family, write another pool for IPv6");
                continue;
            }

            foreach ((string other, AddressRange taken) in others.Where(other => Overlap(other.Range, range)))
            {
                section.Report.Fault(text.Place, $"overlaps {taken.Start}-{taken.End} of pool {other}, an address belongs to one pool");
            }

            others.Add((pool, range));
            ranges.Add(text.Text.Contains('/', StringComparison.Ordinal) ? WithoutEnds(range) : range);
        }

        return ranges.ToImmutable();
    }

    /// <summary>As swanctl does: the first and last of a subnet of more than two addresses stay free.</summary>
    private static AddressRange WithoutEnds(AddressRange subnet) => subnet.End.Value - subnet.Start.Value < 2
        ? subnet
        : new AddressRange(new IpAddress(subnet.Start.Value + 1), new IpAddress(subnet.End.Value - 1));

    /// <summary>A server that we tell peers about would be cut off by the peer that got its address.</summary>
    private static ImmutableArray<AddressRange> Without(ImmutableArray<AddressRange> ranges, ImmutableArray<IpAddress> servers)
    {
        foreach (IpAddress server in servers)
        {
            ranges = [.. ranges.SelectMany(range => Split(range, server))];
        }

        return ranges;
    }

    private static IEnumerable<AddressRange> Split(AddressRange range, IpAddress without)
    {
        if (!range.Contains(without))
        {
            yield return range;
            yield break;
        }

        if (range.Start.Value < without.Value)
        {
            yield return new AddressRange(range.Start, new IpAddress(without.Value - 1));
        }

        if (range.End.Value > without.Value)
        {
            yield return new AddressRange(new IpAddress(without.Value + 1), range.End);
        }
    }

    private static bool Overlap(AddressRange a, AddressRange b) =>
        a.Start.IsV4 == b.Start.IsV4 && a.Start.Value <= b.End.Value && b.Start.Value <= a.End.Value;

    internal static ImmutableArray<IpAddress> ReadAddresses(ConfigSection section, string key)
    {
        var addresses = ImmutableArray.CreateBuilder<IpAddress>();
        foreach (ConfigScalar text in section.List(key))
        {
            if (ConfigText.TryAddress(text.Text, out IpAddress address))
            {
                addresses.Add(address);
            }
            else
            {
                section.Report.Fault(text.Place, $"\"{text.Text}\" is not an address, write one such as 10.64.0.1 or fd00::1");
            }
        }

        return addresses.ToImmutable();
    }

    internal static ImmutableArray<(IpAddress, int)> ReadSubnets(ConfigSection section, string key)
    {
        var subnets = ImmutableArray.CreateBuilder<(IpAddress, int)>();
        foreach (ConfigScalar text in section.List(key))
        {
            if (ConfigText.TrySubnet(text.Text, out IpAddress address, out int prefixLength))
            {
                subnets.Add((TrafficSelector.Subnet(address, prefixLength).Start, prefixLength));
            }
            else
            {
                section.Report.Fault(text.Place, $"\"{text.Text}\" is not a subnet, write one such as 10.0.0.0/8");
            }
        }

        return subnets.ToImmutable();
    }
}
