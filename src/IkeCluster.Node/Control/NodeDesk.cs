using System.Globalization;
using System.Reflection;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Region;
using IkeCluster.Control;
using IkeCluster.Engine.Policy;
using IkeCluster.Node.Configuration;
using IkeCluster.Node.Health;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Control;

/// <summary>Answers an operator's questions from the running parts.</summary>
internal sealed class NodeDesk(
    NodeConfig started, IReadOnlyList<string> listen, LoopSet loops, SaDirectory directory, AddressPools pools, NodeClock clock, Readiness readiness,
    StoreHealth store)
{
    private readonly Instant _startedAt = clock.Now;

    /// <summary>What is configured by now: a reload puts another one here.</summary>
    public PolicySet Policy { get; set; } = started.Policy;

    /// <summary>What keeps the node from taking logins though it serves; null: nothing.</summary>
    public string? Trouble => loops.IsStoreAway ? store.Describe(started.Node.DataFolder) : null;

    /// <summary>starting, ready, degraded or draining.</summary>
    public string State => readiness.Phase == NodePhase.Ready && loops.IsStoreAway ? "degraded" : readiness.Word;

    public StatusReply Status() => new(
        started.Node.Name,
        Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "",
        State,
        Trouble,
        Math.Round((clock.Now - _startedAt).TotalSeconds, 1),
        started.File,
        Metrics.SnakeCase(started.Store.ToString()),
        started.Cluster.Shards,
        loops.Loops.Length,
        listen,
        loops.HalfOpen,
        loops.Established,
        loops.ChildSas,
        Environment.WorkingSet);

    /// <summary>At most so many, and how many more there are.</summary>
    public async Task<(List<SaInfo> Found, long More)> ListAsync(SaFilter filter, string? node, int limit, CancellationToken stop)
    {
        var found = new List<SaInfo>();
        if (node is not null && node != started.Node.Name)
        {
            return (found, 0);
        }

        long more = 0;
        await foreach (SaView view in directory.ListAsync(stop))
        {
            if (!filter.Holds(view.State))
            {
                continue;
            }

            if (found.Count < limit)
            {
                found.Add(Describe(view));
            }
            else if (filter.IsAll)
            {
                // The rest need not be read from the store to be counted.
                more = Math.Max(1, loops.Established + loops.HalfOpen - found.Count);
                break;
            }
            else
            {
                more++;
            }
        }

        return (found, more);
    }

    public async Task<SaInfo?> FindAsync(IkeSpi spi, CancellationToken stop) =>
        await directory.FindAsync(spi, stop) is { } view ? Describe(view) : null;

    public async Task<bool> RekeyAsync(IkeSpi spi, string? child, CancellationToken stop) => await directory.RekeyAsync(spi, child, stop);

    public async Task<bool> TerminateAsync(IkeSpi spi, string? child, CancellationToken stop) => await directory.TerminateAsync(spi, child, stop);

    /// <summary>Ends all that the filter holds; answers how many.</summary>
    public async Task<int> TerminateAsync(SaFilter filter, CancellationToken stop)
    {
        int matched = 0;
        await foreach (SaView view in directory.ListAsync(stop))
        {
            if (filter.Holds(view.State) && await directory.TerminateAsync(view.State.LocalSpi, childName: null, stop))
            {
                matched++;
            }
        }

        return matched;
    }

    public IReadOnlyList<PoolInfo> Pools() => [.. pools.Stats().Select(stats => new PoolInfo(
        stats.Pool, [.. (Policy.FindPool(stats.Pool)?.Addrs ?? []).Select(Show)], stats.Size, stats.Held, stats.Sticky))];

    public MetricsReading Read() => new(
        loops.HalfOpen, loops.Established, loops.ChildSas, loops.DatagramsIn, loops.DatagramsOut,
        [(started.Node.Name, started.Cluster.Shards)],
        [.. pools.Stats().Select(stats => (stats.Pool, stats.Size, (long)stats.Held, (long)stats.Sticky))],
        [.. Policy.Connections.SelectMany(connection => connection.Local.Certs).Concat(Policy.Announced.Certificates)
            .DistinctBy(certificate => certificate.Thumbprint)
            .Select(certificate => (certificate.Subject, (certificate.NotAfter.ToUniversalTime() - clock.Now.ToUtc()).TotalSeconds))]);

    private SaInfo Describe(SaView view) => SaText.Describe(view, started.Node.Name, clock.Now, loops.CountOf);

    private static string Show(AddressRange range) =>
        range.Start == range.End ? range.Start.ToString() : string.Create(CultureInfo.InvariantCulture, $"{range.Start}-{range.End}");
}
