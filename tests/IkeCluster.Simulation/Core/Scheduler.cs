using IkeCluster.Protocol.Values;

namespace IkeCluster.Simulation.Core;

/// <summary>The only crank of the world: things happen one after another, in order of virtual time, then of wishing.</summary>
internal sealed class Scheduler
{
    private readonly PriorityQueue<Action, (long At, long Order)> _due = new();
    private long _wishes;

    public Instant Now { get; private set; } = Instant.FromUtc(new DateTime(2026, 6, 15, 12, 0, 0, DateTimeKind.Utc));

    public void At(Instant at, Action happens)
    {
        if (at != Instant.Never)
        {
            _due.Enqueue(happens, (Math.Max(at.Microseconds, Now.Microseconds), _wishes++));
        }
    }

    public void After(TimeSpan delay, Action happens) => At(Now + delay, happens);

    /// <summary>Lets the next thing happen, if it is due by then; else only time passes.</summary>
    public bool TryStep(Instant until)
    {
        if (!_due.TryPeek(out _, out (long At, long Order) next) || next.At > until.Microseconds)
        {
            Now = until;
            return false;
        }

        Now = new Instant(next.At);
        _due.Dequeue()();
        return true;
    }
}
