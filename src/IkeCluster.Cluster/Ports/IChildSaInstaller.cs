using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Ports;

/// <summary>The data plane: where ESP is sealed and opened.</summary>
public interface IChildSaInstaller
{
    /// <summary>From here on; a limit of <see cref="ChildSa.Limits"/> that is reached is told to <see cref="Region.ChildReports"/>.</summary>
    void Install(ChildSa child, DatagramPath path);

    /// <summary>The peer is at another outer address, or behind another NAT; keys and SPIs stay.</summary>
    void Move(ChildSa child, DatagramPath path);

    void Remove(ChildSa child);

    /// <summary>What a Child SA has carried so far; null where nothing counts. For any thread.</summary>
    ChildTraffic? CountOf(EspSpi inbound) => null;
}

/// <summary>Octets that a Child SA has carried in each direction since it was installed.</summary>
public readonly record struct ChildTraffic(ulong OctetsIn, ulong OctetsOut);
