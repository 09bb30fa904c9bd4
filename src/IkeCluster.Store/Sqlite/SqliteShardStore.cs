using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>
/// The store of a single node: one SQLite file in WAL mode with full synchronisation, one writer that commits in groups,
/// readers beside it.
/// </summary>
public sealed class SqliteShardStore : IShardStore, IAsyncDisposable
{
    private readonly SqliteFile _file;
    private readonly SqliteClaims _claims;
    private readonly CommitThread _writer;
    private readonly SqliteReaders _readers;

    private SqliteShardStore(SqliteFile file, SqliteClaims claims, CommitThread writer, SqliteReaders readers)
    {
        _file = file;
        _claims = claims;
        _writer = writer;
        _readers = readers;
    }

    /// <summary>
    /// Opens or makes the store, brings its schema up to date and proves the cluster keys on it. Throws
    /// <see cref="StoreException"/> with one line for the operator where that cannot be.
    /// </summary>
    public static SqliteShardStore Open(SqliteStoreOptions options, RowCipher cipher, IEntropy entropy)
    {
        var file = new SqliteFile(options);
        file.Create();
        Guid id = file.Guard(() =>
        {
            using SqliteConnection connection = file.OpenWriter();
            SqliteSchema.Migrate(connection, options.Path);
            return SqliteIdentity.Establish(connection, options.Path, cipher, entropy);
        });
        var claims = new SqliteClaims(file, new EpochFile(options.Path + ".epoch"), id, options.Trouble);
        return new(file, claims, new CommitThread(file, cipher, options), new SqliteReaders(file, cipher, options));
    }

    public async ValueTask<ImmutableArray<ShardClaim>> ClaimAsync(string node, int shards, CancellationToken stop) =>
        await Task.Run(() => _file.Guard(() => _claims.Claim(node, shards)), stop);

    public async ValueTask<ImmutableArray<SaOutcome>> CommitAsync(CommitBatch batch, CancellationToken stop)
    {
        var pending = new PendingBatch(batch);
        if (!_writer.TryPost(pending))
        {
            pending.CompleteUnknown("the queue of commits is full, or the store is closed");
        }

        return await pending.Done;
    }

    public ValueTask<SaRow?> LoadAsync(ShardId shard, IkeSpi localSpi, CancellationToken stop) =>
        _readers.RunAsync(reader => reader.Load(shard, localSpi), stop);

    public ValueTask<ImmutableArray<IkeSpi>> ListLiveSpisAsync(ShardId shard, CancellationToken stop) =>
        _readers.RunAsync(reader => reader.ListLiveSpis(shard), stop);

    public ValueTask<ImmutableArray<SaRow>> ListAsync(ShardId shard, IkeSpi after, int limit, CancellationToken stop) =>
        _readers.RunAsync(reader => reader.List(shard, after, limit), stop);

    public ValueTask<ImmutableArray<LeaseRow>> ListLeasesAsync(CancellationToken stop) =>
        _readers.RunAsync(reader => reader.ListLeases(), stop);

    public async ValueTask PruneLeasesAsync(ImmutableArray<string> pools, CancellationToken stop) =>
        await Task.Run(() => _file.Guard(() => LeasePruning.Run(_file, pools)), stop);

    /// <summary>Commits what is queued and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _readers.Dispose();
    }
}
