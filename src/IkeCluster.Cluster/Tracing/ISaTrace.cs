using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Tracing;

/// <summary>Who an SA is and where: as much as is known of it yet.</summary>
public readonly record struct TraceSubject(
    IkeSpi LocalSpi, DatagramPath Path, Identity? RemoteId, Identity? EapId, ImmutableArray<LeasedAddress> VirtualIps)
{
    /// <summary>Before its identity is known, nobody can say that an SA is not the one that is looked for.</summary>
    public bool IsAnonymous => RemoteId is null && EapId is null;
}

/// <summary>An operator's wish to see what some SAs do. Called on the loops' threads; must not block them.</summary>
public interface ISaTrace
{
    bool Wants(in TraceSubject subject);

    /// <summary>One line, which holds no secret and no identity.</summary>
    void Tell(in TraceSubject subject, string line);
}
