using IkeCluster.Cluster.Ports;
using IkeCluster.Store;
using IkeCluster.Store.Sqlite;

namespace IkeCluster.Tests.Store;

public sealed class MemorySessionTests : SessionConformance
{
    protected override IShardStore Store { get; } = new MemoryShardStore();
}

public sealed class SqliteSessionTests : SessionConformance
{
    private readonly StoreFolder _folder = new();
    private readonly SqliteShardStore _store;

    public SqliteSessionTests() => _store = _folder.Open();

    protected override IShardStore Store => _store;

    protected override async ValueTask CloseAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }
}
