using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit;

/// <summary>Time that stands still until it is told to go on. Begins at 2026-01-01 00:00 UTC.</summary>
public sealed class ManualClock
{
    public Instant Now { get; private set; } = Instant.FromUtc(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    public Instant Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        return Now += by;
    }

    /// <summary>Goes to a point in time; stays where it is already later.</summary>
    public Instant AdvanceTo(Instant at)
    {
        Now = at > Now ? at : Now;
        return Now;
    }
}
