using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster;

/// <summary>A data plane without packets: a test says what was carried, and it counts and tells as one with packets would.</summary>
internal sealed class CountingDataPlane : IChildSaInstaller
{
    private readonly Dictionary<EspSpi, ChildSa> _children = [];
    private readonly Dictionary<EspSpi, (ulong OctetsIn, ulong OctetsOut, ulong PacketsIn, ulong PacketsOut)> _counts = [];

    public IReadOnlyCollection<EspSpi> Installed => _children.Keys;

    public void Install(ChildSa child, DatagramPath path)
    {
        _children[child.InboundSpi] = child;
        _counts[child.InboundSpi] = default;
    }

    public void Move(ChildSa child, DatagramPath path)
    {
    }

    public void Remove(ChildSa child) => _children.Remove(child.InboundSpi);

    public ChildTraffic? CountOf(EspSpi inbound) =>
        _children.ContainsKey(inbound) ? new ChildTraffic(_counts[inbound].OctetsIn, _counts[inbound].OctetsOut) : null;

    /// <summary>Each direction by itself; every packet past a limit tells again.</summary>
    public void Carry(EspSpi inbound, int packets, int octets, bool isOutbound, ChildReports reports)
    {
        for (int i = 0; i < packets && _children.TryGetValue(inbound, out ChildSa? child); i++)
        {
            (ulong octetsIn, ulong octetsOut, ulong packetsIn, ulong packetsOut) = _counts[inbound];
            _counts[inbound] = isOutbound
                ? (octetsIn, octetsOut + (ulong)octets, packetsIn, packetsOut + 1)
                : (octetsIn + (ulong)octets, octetsOut, packetsIn + 1, packetsOut);
            Judge(child, isOutbound ? octetsOut + (ulong)octets : octetsIn + (ulong)octets, (isOutbound ? packetsOut : packetsIn) + 1, reports);
        }
    }

    private static void Judge(ChildSa child, ulong octets, ulong packets, ChildReports reports)
    {
        if (child.Limits is not { } limits)
        {
            return;
        }

        bool isHard = Reached(octets, limits.HardOctets) || Reached(packets, limits.HardPackets);
        if (isHard || Reached(octets, limits.SoftOctets) || Reached(packets, limits.SoftPackets))
        {
            Assert.True(reports.TryTell(child.InboundSpi, isHard));
        }
    }

    private static bool Reached(ulong count, ulong limit) => limit > 0 && count >= limit;
}
