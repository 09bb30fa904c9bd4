using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

/// <summary>
/// Two counts for each source (IPv4 address; IPv6 /64 and, with more room, its /48): INITs without a valid cookie,
/// which can only bring on a cookie request, since the address may be forged; and INITs with one and the half-open SAs
/// whose address is proved. Successful logins give the budget back.
/// </summary>
/// <remarks>
/// Of fixed size: strangers make nothing grow, and nothing is forgotten to make room for them. Shared by all loops of
/// a node; thread-safe.
/// </remarks>
/// <param name="settings">The budgets.</param>
/// <param name="hashKey">A secret number, so that nobody can choose addresses that are counted together.</param>
public sealed class SourceBudget(AdmissionSettings settings, ulong hashKey)
{
    private const int SiteFactor = 16;
    private const int ScopesMax = 2;

    private static readonly TimeSpan FailurePeriod = TimeSpan.FromMinutes(1);

    // A second's worth may come at once; then the rate counts.
    private const long BurstMicroseconds = (long)TimeSpan.MicrosecondsPerSecond;

    // A source's arrivals: the time at which its INITs so far would have come had they kept the rate (GCRA).
    private readonly Sketch _bareArrivals = new();
    private readonly Sketch _provenArrivals = new();
    private readonly Sketch _cookiesUntil = new();
    private readonly Sketch _halfOpen = new();

    // When the failed logins of a source would have come had they kept the rate.
    private readonly Sketch _failures = new();
    private SourceRules _rules = new(settings);

    /// <summary>Takes over a changed configuration; what was counted stays counted.</summary>
    public void Apply(AdmissionSettings changed) => Volatile.Write(ref _rules, new SourceRules(changed));

    /// <summary>
    /// Counts an INIT without a valid cookie. False: the source is past its rate, or was within the last
    /// <see cref="HalfOpenBudget.CookiesHold"/>, and must bring a cookie.
    /// </summary>
    public bool TakeBare(IpAddress source, Instant now)
    {
        Span<Scope> room = stackalloc Scope[ScopesMax];
        ReadOnlySpan<Scope> scopes = ScopesOf(source, room);
        bool isHeld = false;
        foreach (ref readonly Scope scope in scopes)
        {
            isHeld |= now.Microseconds < _cookiesUntil.Read(scope.Hash);
        }

        if (TryTake(_bareArrivals, scopes, now))
        {
            return !isHeld;
        }

        foreach (ref readonly Scope scope in scopes)
        {
            _cookiesUntil.RaiseAndAdd(scope.Hash, (now + HalfOpenBudget.CookiesHold).Microseconds, 0);
        }

        return false;
    }

    /// <summary>Counts an INIT with a valid cookie. False: the source is past its rate.</summary>
    public bool TakeProven(IpAddress source, Instant now)
    {
        Span<Scope> room = stackalloc Scope[ScopesMax];
        return TryTake(_provenArrivals, ScopesOf(source, room), now);
    }

    /// <summary>Whether the source may have one more half-open SA made with a valid cookie.</summary>
    public bool HasHalfOpenRoom(IpAddress source)
    {
        Span<Scope> room = stackalloc Scope[ScopesMax];
        bool hasRoom = true;
        foreach (ref readonly Scope scope in ScopesOf(source, room))
        {
            hasRoom &= _halfOpen.Read(scope.Hash) < scope.Limits.HalfOpen;
        }

        return hasRoom;
    }

    /// <summary>
    /// Whether a login that may take minutes may begin: room for its half-open SA, and fewer failed logins in the last minute
    /// than the source may have half-open SAs, so that passwords are not guessed faster than that.
    /// </summary>
    public bool HasLoginRoom(IpAddress source, bool isCounted, Instant now)
    {
        Span<Scope> room = stackalloc Scope[ScopesMax];
        bool hasRoom = true;
        foreach (ref readonly Scope scope in ScopesOf(source, room))
        {
            hasRoom &= _halfOpen.Read(scope.Hash) - (isCounted ? 1 : 0) < scope.Limits.HalfOpen
                && _failures.Read(scope.Hash) + FailureInterval(scope) <= (now + FailurePeriod).Microseconds;
        }

        return hasRoom;
    }

    /// <summary>A login failed whose address was proved.</summary>
    public void CountFailure(IpAddress source, Instant now)
    {
        Span<Scope> room = stackalloc Scope[ScopesMax];
        foreach (ref readonly Scope scope in ScopesOf(source, room))
        {
            _failures.RaiseAndAdd(scope.Hash, now.Microseconds, FailureInterval(scope));
        }
    }

    /// <summary>A half-open SA whose address is proved was made (1), or is no longer half open (-1).</summary>
    public void CountHalfOpen(IpAddress source, int change)
    {
        Span<Scope> room = stackalloc Scope[ScopesMax];
        foreach (ref readonly Scope scope in ScopesOf(source, room))
        {
            _halfOpen.Add(scope.Hash, change);
        }
    }

    /// <summary>Gives back what the INIT of a successful login took.</summary>
    public void GiveBack(IpAddress source, bool hadValidCookie)
    {
        Sketch arrivals = hadValidCookie ? _provenArrivals : _bareArrivals;
        Span<Scope> room = stackalloc Scope[ScopesMax];
        foreach (ref readonly Scope scope in ScopesOf(source, room))
        {
            arrivals.Add(scope.Hash, -scope.Limits.IntervalMicroseconds);
        }
    }

    private static long FailureInterval(in Scope scope) => FailurePeriod.Ticks / TimeSpan.TicksPerMicrosecond / Math.Max(1, scope.Limits.HalfOpen);

    private static bool TryTake(Sketch arrivals, ReadOnlySpan<Scope> scopes, Instant now)
    {
        foreach (ref readonly Scope scope in scopes)
        {
            long next = Math.Max(arrivals.Read(scope.Hash), now.Microseconds) + scope.Limits.IntervalMicroseconds;
            if (next > now.Microseconds + BurstMicroseconds)
            {
                return false;
            }
        }

        foreach (ref readonly Scope scope in scopes)
        {
            arrivals.RaiseAndAdd(scope.Hash, now.Microseconds, scope.Limits.IntervalMicroseconds);
        }

        return true;
    }

    private ReadOnlySpan<Scope> ScopesOf(IpAddress source, Span<Scope> room)
    {
        SourceLimits limits = Volatile.Read(ref _rules).For(source);
        if (source.IsV4)
        {
            room[0] = new Scope(Hash((ulong)source.Value, tag: 32), limits);
            return room[..1];
        }

        ulong network = (ulong)(source.Value >> 64);
        room[0] = new Scope(Hash(network, tag: 64), limits);
        room[1] = new Scope(Hash(network >> 16, tag: 48), limits.Times(SiteFactor));
        return room;
    }

    // Two rounds of multiply and fold: enough against those who see no output.
    private ulong Hash(ulong value, ulong tag)
    {
        ulong once = Fold(value ^ hashKey, 0x9E37_79B9_7F4A_7C15 ^ tag);
        return Fold(once ^ ulong.RotateLeft(hashKey, 32), 0xD6E8_FEB8_6659_FD93);
    }

    private static ulong Fold(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }

    private readonly record struct Scope(ulong Hash, SourceLimits Limits);
}
