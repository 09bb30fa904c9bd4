using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Policy;

/// <summary>
/// So many in a period, at once or spread out: a bucket in eight octets, which refills as time passes and is told the time.
/// Its default has room for all. A limit of 0 is none.
/// </summary>
public readonly record struct RateMeter
{
    // When what was taken is paid for; in the past: the bucket is full again.
    private readonly Instant _paidUntil;

    private RateMeter(Instant paidUntil) => _paidUntil = paidUntil;

    public bool HasRoom(int limit, TimeSpan period, Instant now) => limit == 0 || Next(limit, period, now) <= now + period;

    /// <summary>The meter once one more was taken.</summary>
    public RateMeter Take(int limit, TimeSpan period, Instant now) => limit == 0 ? this : new(Next(limit, period, now));

    private Instant Next(int limit, TimeSpan period, Instant now) => (_paidUntil > now ? _paidUntil : now) + (period / limit);
}
