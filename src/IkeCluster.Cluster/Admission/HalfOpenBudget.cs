using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

/// <summary>
/// The half-open SAs of a node: how many there are, when that is too many, and whether cookies are asked for. Shared by
/// all loops of the node; thread-safe.
/// </summary>
public sealed class HalfOpenBudget(AdmissionSettings settings)
{
    /// <summary>
    /// Once on, cookies stay on for this long after the last time there was reason: turning them on and off breaks
    /// handshakes in flight (RFC 7296 §2.6; TRAPS 2).
    /// </summary>
    public static readonly TimeSpan CookiesHold = TimeSpan.FromSeconds(10);

    // Shares of the limit: from a tenth on strangers prove their address first, from half on nobody gets more than
    // a fair share.
    private const int CookieShare = 10;
    private const int OverloadShare = 2;

    private AdmissionSettings _settings = settings;
    private int _count;
    private long _cookiesUntil;

    public int Count => Volatile.Read(ref _count);

    public bool IsFull => Count >= Settings.HalfOpenLimit;

    /// <summary>Sources past their budget are dropped, no longer just served last.</summary>
    public bool IsOverloaded => Count >= Math.Max(1, Settings.HalfOpenLimit / OverloadShare);

    /// <summary>Cookies may be asked for at all.</summary>
    public bool MayAskForCookies => Settings.Cookies != CookieMode.Never;

    private AdmissionSettings Settings => Volatile.Read(ref _settings);

    /// <summary>Takes over a changed configuration.</summary>
    public void Apply(AdmissionSettings changed) => Volatile.Write(ref _settings, changed);

    /// <summary>A half-open SA was made (1), or is no longer half open (-1).</summary>
    public void Add(int change) => Interlocked.Add(ref _count, change);

    /// <summary>Whether every source must bring a cookie.</summary>
    public bool DemandsCookies(Instant now)
    {
        AdmissionSettings current = Settings;
        if (current.Cookies != CookieMode.Auto)
        {
            return current.Cookies == CookieMode.Always;
        }

        if (Count >= Math.Max(1, current.HalfOpenLimit / CookieShare))
        {
            Volatile.Write(ref _cookiesUntil, (now + CookiesHold).Microseconds);
            return true;
        }

        return now.Microseconds < Volatile.Read(ref _cookiesUntil);
    }
}
