using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;

namespace IkeCluster.Cluster.Commit;

/// <summary>
/// A step that waits for its writes to be durable; until then its effects are nobody's business.
/// </summary>
internal sealed class HeldStep(SaCommit commit, SaActor actor, Step step)
{
    public SaCommit Commit { get; } = commit;

    /// <summary>May be gone from memory by now, or all along where the supervisor deletes its SA.</summary>
    public SaActor Actor { get; } = actor;

    public Step Step { get; } = step;
}

/// <summary>What became of a <see cref="HeldStep"/>; never Unknown, which the outbox keeps to itself.</summary>
internal readonly record struct SettledStep(HeldStep Held, SaOutcome Outcome);
