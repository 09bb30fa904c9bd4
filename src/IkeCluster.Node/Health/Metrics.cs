using System.Collections.Concurrent;
using IkeCluster.Protocol;

namespace IkeCluster.Node.Health;

/// <summary>What is read from the parts when somebody asks, rather than counted as it happens.</summary>
internal sealed record MetricsReading(
    long HalfOpen, long Established, long ChildSas, long DatagramsIn, long DatagramsOut, IReadOnlyList<(string Owner, int Shards)> Shards,
    IReadOnlyList<(string Pool, long Size, long Leased, long Sticky)> Pools, IReadOnlyList<(string Name, double Seconds)> Certificates);

/// <summary>All metrics of the node, by CONTRACT's names. Counted on the loops' threads, without a lock.</summary>
internal sealed class Metrics
{
    private static readonly DropReason[] Reasons = Enum.GetValues<DropReason>();
    private static readonly string[] ReasonNames = [.. Reasons.Select(reason => SnakeCase(reason.ToString()))];

    private readonly long[] _dropped = new long[Reasons.Length];
    private readonly LabelledCounter _exchanges = new("exchange", "role", "result");
    private readonly LabelledCounter _logins = new("method", "result");
    private readonly LabelledCounter _ended = new("cause");
    private readonly LabelledCounter _limited =
        new LabelledCounter("limit").Begin("rekeys_per_minute").Begin("children_per_sa").Begin("sessions_per_identity");
    private readonly LabelledCounter _refusedByPeer = new LabelledCounter("request").Begin("rekey_ike").Begin("rekey_child").Begin("create_child");
    private readonly LabelledCounter _collided = new("sa", "kept");
    private readonly Histogram _commits = new();
    private readonly ConcurrentDictionary<string, Histogram> _durations = new(StringComparer.Ordinal);
    private long _cookiesSent;
    private long _cookiesValid;
    private long _cookiesInvalid;
    private long _faults;

    public void Dropped(DropReason reason) => Interlocked.Increment(ref _dropped[(int)reason]);

    public void CookieSent() => Interlocked.Increment(ref _cookiesSent);

    public void CookieChecked(bool isValid) => Interlocked.Increment(ref isValid ? ref _cookiesValid : ref _cookiesInvalid);

    public void Faulted() => Interlocked.Increment(ref _faults);

    public void Committed(TimeSpan took) => _commits.Observe(took);

    public void LoginDone(string method, string result) => _logins.Add(method, result);

    /// <summary>An IKE SA that was established is over.</summary>
    public void SaEnded(string cause) => _ended.Add(cause);

    public void ExchangeDone(string exchange, string role, string result) => _exchanges.Add(exchange, role, result);

    public void ExchangeTook(string exchange, TimeSpan took) => _durations.GetOrAdd(exchange, _ => new Histogram()).Observe(took);

    /// <summary>A peer met a limit; <paramref name="limit"/> is its key in <c>limits</c>.</summary>
    public void LimitReached(string limit) => _limited.Add(limit);

    /// <summary>The peer would not do what we asked; <paramref name="request"/> is rekey_ike, rekey_child or create_child.</summary>
    public void PeerRefused(string request) => _refusedByPeer.Add(request);

    /// <summary>Both sides rekeyed the same SA at once; <paramref name="sa"/> is ike or child.</summary>
    public void Collided(string sa, bool keptOurs) => _collided.Add(sa, keptOurs ? "ours" : "theirs");

    public static string SnakeCase(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    /// <summary>The page that Prometheus reads.</summary>
    public string Write(MetricsReading reading) => new MetricsWriter()
        .Gauge("ike_sas", "IKE SAs by state", [("state=\"half_open\"", reading.HalfOpen), ("state=\"established\"", reading.Established)])
        .Counter("ike_sas_ended_total", "IKE SAs that were established and are over, by cause", _ended.Read())
        .Gauge("ike_child_sas", "Child SAs", reading.ChildSas)
        .Counter("ike_exchanges_total", "Exchanges done, by what came of them", _exchanges.Read())
        .Counter("ike_collisions_total", "Rekeys that both sides began at once, by SA and by whose stayed", _collided.Read())
        .Counter("ike_refused_by_peer_total", "Rekeys and Child SAs that the peer refused us", _refusedByPeer.Read())
        .Histogram(
            "ike_exchange_duration_seconds", "From a request's arrival to its answer's departure",
            _durations.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => ($"exchange=\"{one.Key}\"", one.Value)))
        .Counter(
            "ike_datagrams_total", "Datagrams by direction", [("direction=\"in\"", reading.DatagramsIn), ("direction=\"out\"", reading.DatagramsOut)])
        .Counter("ike_dropped_total", "Datagrams dropped without an answer", ReadDropped())
        .Counter("ike_limited_total", "What a peer asked for past a limit, by the limit's key", ReadLimited())
        .Counter(
            "ike_cookies_total", "Cookies sent and checked",
            [("result=\"sent\"", _cookiesSent), ("result=\"valid\"", _cookiesValid), ("result=\"invalid\"", _cookiesInvalid)])
        .Counter("ike_auth_total", "Logins by method and outcome", _logins.Read())
        .Histogram("ike_store_commit_seconds", "Commits of the store", [("", _commits)])
        .Gauge("ike_shards", "Shards by owner", reading.Shards.Select(one => (MetricsWriter.Label("owner", one.Owner), (double)one.Shards)))
        .Counter("ike_failovers_total", "Shards taken over from a node that was lost", 0)
        .Counter("ike_faults_total", "Faults of ours that cost an SA its turn", Interlocked.Read(ref _faults))
        .Gauge(
            "certificate_expiry_seconds", "Until a configured certificate expires",
            reading.Certificates.Select(one => (MetricsWriter.Label("name", one.Name), one.Seconds)))
        .Gauge("ike_pool_addresses", "Addresses of pools by state; sticky ones are free too, but kept for who had them last", reading.Pools.SelectMany(ReadPool))
        .Counter("esp_packets_total", "ESP packets that the data plane carried", [("direction=\"in\"", 0), ("direction=\"out\"", 0)])
        .Counter("esp_bytes_total", "Octets that the data plane carried", [("direction=\"in\"", 0), ("direction=\"out\"", 0)])
        .Counter(
            "esp_dropped_total", "ESP packets dropped",
            [("reason=\"no_data_plane\"", Interlocked.Read(ref _dropped[(int)DropReason.EspNotHandled]))])
        .ToString();

    // Two limits are met by dropping, so they are counted as drops already.
    private IEnumerable<(string Labels, long Count)> ReadLimited() => _limited.Read()
        .Append(("limit=\"fragments_per_sa\"", Interlocked.Read(ref _dropped[(int)DropReason.FragmentLimit])))
        .Append(("limit=\"requests_per_second\"", Interlocked.Read(ref _dropped[(int)DropReason.RequestRate])));

    private IEnumerable<(string Labels, long Count)> ReadDropped()
    {
        for (int i = 1; i < _dropped.Length; i++)
        {
            long count = Interlocked.Read(ref _dropped[i]);
            if (count > 0)
            {
                yield return ($"reason=\"{ReasonNames[i]}\"", count);
            }
        }
    }

    private static IEnumerable<(string Labels, double Value)> ReadPool((string Pool, long Size, long Leased, long Sticky) pool)
    {
        string name = MetricsWriter.Label("pool", pool.Pool);
        yield return ($"{name},state=\"leased\"", pool.Leased);
        yield return ($"{name},state=\"sticky\"", pool.Sticky);
        yield return ($"{name},state=\"free\"", pool.Size - pool.Leased - pool.Sticky);
    }
}
