using System.Collections.Immutable;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Cluster.Tracing;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>All that can be put into an event loop's mailbox, from any thread.</summary>
public abstract record LoopMessage
{
    private LoopMessage()
    {
    }

    /// <summary>The loop could not do it; whoever waits for an answer is told.</summary>
    internal virtual void Fail(Exception fault)
    {
    }

    /// <summary>Runs on the loop's thread: how a worker of <c>ISlowWork</c> brings its answer home. There is room for <see cref="EventLoop.SumsDueMax"/>.</summary>
    public sealed record Call(Action Action) : LoopMessage;

    /// <summary>A reloaded configuration; established SAs stay.</summary>
    public sealed record Reconfigure(PolicySet Policy) : LoopMessage;

    /// <summary>No further IKE_SA_INIT is served; half-open handshakes finish.</summary>
    public sealed record Drain : LoopMessage;

    /// <summary>An operator ends an IKE SA, or one Child SA by name; answers false where this loop has no such SA.</summary>
    public sealed record Terminate(IkeSpi LocalSpi, string? ChildName, TaskCompletionSource<bool> Done) : LoopMessage
    {
        internal override void Fail(Exception fault) => Done.TrySetException(fault);
    }

    /// <summary>An operator has an IKE SA rekeyed, or one Child SA by name; answers false where this loop has no such SA.</summary>
    public sealed record Rekey(IkeSpi LocalSpi, string? ChildName, TaskCompletionSource<bool> Done) : LoopMessage;

    /// <summary>The data plane has counted a Child SA up to a limit, and a shard of this loop made its SPI.</summary>
    internal sealed record ChildExpiring(ShardId Shard, EspSpi InboundSpi, bool IsHard) : LoopMessage;

    /// <summary>A commit on another loop put an SA out; the mark is in the store already.</summary>
    internal sealed record Displaced(SaKey Key, Displacement How) : LoopMessage;

    /// <summary>An operator wants to see what some SAs do, until then.</summary>
    public sealed record Trace(ISaTrace Wanted, Instant Until) : LoopMessage;

    /// <summary>A page of SAs, as <see cref="SaDirectory"/> asks for them.</summary>
    internal sealed record Query(SaPageRequest Request, TaskCompletionSource<SaPage> Done) : LoopMessage
    {
        internal override void Fail(Exception fault) => Done.TrySetException(fault);
    }

    /// <summary>A datagram that entered by another loop: the one copy of its way.</summary>
    internal sealed record Datagram(SaKey Key, DatagramPath Path, PacketLease Lease, bool IsLogin, Instant PostedAt) : LoopMessage;

    /// <summary>A question to the loop where the pools live.</summary>
    internal sealed record ForPools(PoolTask Task) : LoopMessage;

    /// <summary>The answer to <see cref="PoolTask.Lease"/>.</summary>
    internal sealed record Leased(PoolAsker Asker, ImmutableArray<LeasedAddress> Addresses) : LoopMessage;
}
