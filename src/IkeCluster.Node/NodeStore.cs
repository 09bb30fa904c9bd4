using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Node.Configuration;
using IkeCluster.Node.Events;
using IkeCluster.Node.Health;
using IkeCluster.Store;
using IkeCluster.Store.Sqlite;

namespace IkeCluster.Node;

/// <summary>The store that the configuration names.</summary>
internal sealed class NodeStore(IShardStore port) : IAsyncDisposable
{
    public IShardStore Port { get; } = port;

    public static NodeStore Open(NodeConfig config, ClusterKeys keys, IEntropy entropy, StoreHealth health, ILogger log)
    {
        if (config.Store == StoreProvider.Memory)
        {
            NodeLog.NothingSurvives(log);
            return new NodeStore(new MemoryShardStore());
        }

        var options = new SqliteStoreOptions { Path = config.Node.Database, Trouble = health.Trouble };
        return new NodeStore(SqliteShardStore.Open(options, new RowCipher(keys, entropy), entropy));
    }

    /// <summary>
    /// Forgets addresses of pools that left the configuration, as far as nobody holds them. Those that somebody holds are forgotten at
    /// a later start or reload; nothing hangs on when.
    /// </summary>
    public async Task ForgetPoolsAsync(PolicySet policy, ILogger log)
    {
        try
        {
            await Port.PruneLeasesAsync([.. policy.Pools.Select(pool => pool.Name)], CancellationToken.None);
        }
        catch (StoreException fault)
        {
            NodeLog.StoreTrouble(log, fault.Message);
        }
    }

    /// <summary>Commits what is queued.</summary>
    public ValueTask DisposeAsync() => Port is IAsyncDisposable open ? open.DisposeAsync() : ValueTask.CompletedTask;
}
