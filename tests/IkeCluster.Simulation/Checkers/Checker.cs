using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Node;
using IkeCluster.Simulation.Peers;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// One guarantee, looked at wherever it could break. A checker knows what the protocol promises and what passes before its
/// eyes, never how the gateway does it.
/// </summary>
internal abstract class Checker(World world)
{
    protected World World { get; } = world;

    /// <summary>A turn of an SA, before anything of it is carried out.</summary>
    public virtual void Stepped(IkeSaState before, IkeInput input, in Step step)
    {
    }

    /// <summary>A message leaves the gateway.</summary>
    public virtual void Sent(SentMessage message)
    {
    }

    /// <summary>A datagram has come to the gateway's door.</summary>
    public virtual void Delivered(DatagramPath path, ArrivedMessage message)
    {
    }

    /// <summary>The store has judged a commit and <see cref="SimStore.Rows"/> are still what they were before it.</summary>
    public virtual void Applying(SentCommit sent, SaOutcome outcome)
    {
    }

    /// <summary>The store has judged a commit, and <see cref="SimStore.Rows"/> show it.</summary>
    public virtual void Applied(SentCommit sent, SaOutcome outcome)
    {
    }

    /// <summary>A new process owns these shards.</summary>
    public virtual void Claimed(ImmutableArray<ShardClaim> claims)
    {
    }

    /// <summary>A row is sealed with this salt.</summary>
    public virtual void RowSealed(ReadOnlySpan<byte> salt)
    {
    }

    public virtual void Learned(SimPeer peer, InitiatorEvent learned)
    {
    }

    public virtual void Happened(SaEvent happened)
    {
    }

    public virtual void Installed(ChildSa child)
    {
    }

    public virtual void Removed(ChildSa child)
    {
    }

    public virtual void Faulted(IkeSpi spi, Exception fault, string what)
    {
    }

    /// <summary>Everything in the gateway's memory is gone.</summary>
    public virtual void Crashed()
    {
    }

    /// <summary>It has been calm for so long that nothing is under way any more.</summary>
    public virtual void AtRest()
    {
    }

    /// <summary>Everybody has logged out.</summary>
    public virtual void AtEnd()
    {
    }

    /// <summary>The last process has ended in good order.</summary>
    public virtual void AtStop()
    {
    }

    protected void Broken(FormattableString how) => World.Break(GetType().Name, FormattableString.Invariant(how));
}
