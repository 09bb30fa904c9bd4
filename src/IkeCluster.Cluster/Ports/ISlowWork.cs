using IkeCluster.Engine.Work;

namespace IkeCluster.Cluster.Ports;

/// <summary>Where sums above some 50 µs are done: inline, or on a worker.</summary>
public interface ISlowWork
{
    /// <summary>
    /// Does the work and calls <paramref name="done"/> once: at once on the caller's thread, or later on the loop that
    /// asked, with <see cref="WorkResult.Failed"/> where the work threw. False: the queue is full; the caller drops what it was doing and counts it.
    /// </summary>
    bool TryStart(SlowWork work, Action<WorkResult> done);
}
