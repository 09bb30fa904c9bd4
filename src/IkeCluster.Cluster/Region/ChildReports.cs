using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>
/// Where a data plane tells that a Child SA has carried what it may (<see cref="Engine.Children.ChildLimits"/>). For any
/// thread; the SPI itself says whose it is.
/// </summary>
public sealed class ChildReports(ShardMap map, SpiSeal seal)
{
    /// <summary>False: nobody took it, and the data plane may tell it again.</summary>
    public bool TryTell(EspSpi inbound, bool isHard) =>
        seal.TryOpenEsp(inbound, out ShardId shard) && map.HomeOf(shard) is { } home
        && home.TryPost(new LoopMessage.ChildExpiring(shard, inbound, isHard));
}
