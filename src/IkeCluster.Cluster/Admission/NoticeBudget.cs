using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

/// <summary>How many notifies without protection one loop sends, whoever asks: a second's worth at once, then that rate.</summary>
internal sealed class NoticeBudget
{
    internal const int PerSecondMax = 100;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1) / PerSecondMax;

    // When those sent so far would have been sent had they kept the rate (GCRA).
    private Instant _sentUntil;

    public bool TryTake(Instant now)
    {
        Instant next = (_sentUntil > now ? _sentUntil : now) + Interval;
        if (next > now + TimeSpan.FromSeconds(1))
        {
            return false;
        }

        _sentUntil = next;
        return true;
    }
}
