namespace IkeCluster.Cluster.Pools;

/// <summary>
/// A pool in numbers: addresses in its ranges, those held by an SA, and those free that stick to an identity that may
/// come back.
/// </summary>
public readonly record struct PoolStats(string Pool, long Size, int Held, int Sticky)
{
    public long Free => Size - Held;
}
