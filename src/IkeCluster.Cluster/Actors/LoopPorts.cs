using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;

namespace IkeCluster.Cluster.Actors;

/// <summary>The world as one event loop sees it.</summary>
public sealed record LoopPorts
{
    public required IShardStore Store { get; init; }

    public required IDatagramSender Sender { get; init; }

    public required ISlowWork SlowWork { get; init; }

    public required IChildSaInstaller Installer { get; init; }

    public required ISaEvents Events { get; init; }

    public required ILoopWaker Waker { get; init; }

    public required IEntropy Entropy { get; init; }
}
