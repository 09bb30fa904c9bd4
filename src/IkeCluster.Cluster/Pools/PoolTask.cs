using System.Collections.Immutable;
using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Pools;

/// <summary>What an SA's loop asks of the loop where the pools live.</summary>
internal abstract record PoolTask
{
    private PoolTask()
    {
    }

    internal sealed record Lease(PoolAsker Asker, LeaseRequest Request) : PoolTask;

    internal sealed record Return(ImmutableArray<LeasedAddress> Addresses, IkeSpi Owner) : PoolTask;

    internal sealed record Move(ImmutableArray<LeasedAddress> Addresses, IkeSpi From, IkeSpi To) : PoolTask;

    internal sealed record Relocate(ImmutableArray<LeasedAddress> Addresses, IkeSpi Owner, UdpEndpoint Remote) : PoolTask;

    internal sealed record Distrust(LeasedAddress Address, IkeSpi Owner) : PoolTask;
}

/// <summary>Who asked for addresses; only <paramref name="Loop"/> may look into its actor.</summary>
internal readonly record struct PoolAsker(EventLoop Loop, SaActor Actor, Ticket Ticket);
