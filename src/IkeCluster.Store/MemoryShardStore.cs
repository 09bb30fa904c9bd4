using System.Collections.Immutable;
using System.Runtime.InteropServices;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Store;

/// <summary>
/// The store of <c>provider: memory</c>: the same promises but the one that anything survives. A later claim on the same
/// instance finds what an earlier one wrote, as a restart would.
/// </summary>
public sealed class MemoryShardStore : IShardStore
{
    /// <summary>The oldest are forgotten first.</summary>
    private const int TombstonesMax = 65_536;

    private readonly Lock _lock = new();
    private readonly MemoryClaims _claims = new();
    private readonly Queue<(Shard Shard, ulong Spi)> _tombstones = [];
    private ImmutableArray<Shard> _shards = [];

    public ValueTask<ImmutableArray<ShardClaim>> ClaimAsync(string node, int shards, CancellationToken stop)
    {
        lock (_lock)
        {
            if (_shards.IsEmpty)
            {
                _shards = [.. Enumerable.Range(0, shards).Select(id => new Shard(new ShardId((ushort)id)))];
            }

            if (_shards.Length != shards)
            {
                throw new StoreException(
                    $"cluster.shards: {shards} is not what this store was first started with; set it back to {_shards.Length}");
            }

            return ValueTask.FromResult<ImmutableArray<ShardClaim>>([.. _shards.Select(shard => shard.Claim())]);
        }
    }

    public ValueTask<ImmutableArray<SaOutcome>> CommitAsync(CommitBatch batch, CancellationToken stop)
    {
        lock (_lock)
        {
            var outcomes = new SaOutcome[batch.Commits.Length];
            for (int i = 0; i < outcomes.Length; i++)
            {
                outcomes[i] = Apply(batch.Commits[i]);
            }

            return ValueTask.FromResult(ImmutableCollectionsMarshal.AsImmutableArray(outcomes));
        }
    }

    public ValueTask<SaRow?> LoadAsync(ShardId shard, IkeSpi localSpi, CancellationToken stop)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(Find(shard)?.Find(localSpi)?.ToSaRow(shard, localSpi, _claims.MarkOf(localSpi)));
        }
    }

    public ValueTask<ImmutableArray<IkeSpi>> ListLiveSpisAsync(ShardId shard, CancellationToken stop)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<ImmutableArray<IkeSpi>>([.. LiveRows(shard).Select(row => row.LocalSpi)]);
        }
    }

    public ValueTask<ImmutableArray<SaRow>> ListAsync(ShardId shard, IkeSpi after, int limit, CancellationToken stop)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<ImmutableArray<SaRow>>(
                [.. LiveRows(shard).Where(row => row.LocalSpi.Value > after.Value).Take(limit)]);
        }
    }

    public ValueTask<ImmutableArray<LeaseRow>> ListLeasesAsync(CancellationToken stop)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(_claims.Leases);
        }
    }

    public ValueTask PruneLeasesAsync(ImmutableArray<string> pools, CancellationToken stop)
    {
        lock (_lock)
        {
            _claims.Prune(pools);
            return ValueTask.CompletedTask;
        }
    }

    private Shard? Find(ShardId id) => id.Value < _shards.Length ? _shards[id.Value] : null;

    private IEnumerable<SaRow> LiveRows(ShardId id) => Find(id) is not { } shard
        ? []
        : shard.Rows
            .Select(entry => entry.Value.ToSaRow(id, new IkeSpi(entry.Key), _claims.MarkOf(new IkeSpi(entry.Key))))
            .OfType<SaRow>();

    private SaOutcome Apply(SaCommit commit)
    {
        Shard? shard = Find(commit.Shard);
        if (shard is null || shard.Epoch != commit.Epoch)
        {
            return new(SaOutcomeKind.Fenced, $"shard {commit.Shard} is at epoch {shard?.Epoch}, this commit at {commit.Epoch}");
        }

        if (commit.Rows.Any(row => shard.Find(row.LocalSpi)?.CommitId == commit.Id))
        {
            return _claims.Committed(commit);
        }

        if (commit.Rows.Select(row => ClashOf(shard.Find(row.LocalSpi), row)).FirstOrDefault(clash => clash is not null) is { } clash)
        {
            return new(SaOutcomeKind.Conflict, clash);
        }

        if (_claims.Apply(commit) is { } conflict)
        {
            return conflict;
        }

        Write(shard, commit);
        return _claims.Committed(commit);
    }

    private static string? ClashOf(Row? row, RowWrite write)
    {
        bool fits = write.Kind == SaWriteKind.Insert
            ? row is null
            : row is { Snapshot: not null } && row.Version == write.RowVersion - 1;
        string there = row switch
        {
            null => "there is no such row",
            { Snapshot: null } => $"a tombstone is there, version {row.Version}",
            _ => $"the row is at version {row.Version}",
        };
        return fits ? null : $"{write.Kind} of {write.LocalSpi} at version {write.RowVersion}: {there}";
    }

    private void Write(Shard shard, SaCommit commit)
    {
        foreach (RowWrite row in commit.Rows)
        {
            bool isDelete = row.Kind == SaWriteKind.Delete;
            shard.Rows[row.LocalSpi.Value] = new Row(row.RowVersion, commit.Id, isDelete ? null : row.Snapshot.ToArray());
            if (isDelete)
            {
                Bury(shard, row.LocalSpi);
            }
        }
    }

    private void Bury(Shard shard, IkeSpi spi)
    {
        _tombstones.Enqueue((shard, spi.Value));
        if (_tombstones.Count > TombstonesMax)
        {
            (Shard oldestShard, ulong oldest) = _tombstones.Dequeue();
            oldestShard.Rows.Remove(oldest);
        }
    }

    private sealed class Shard(ShardId id)
    {
        public Epoch Epoch { get; private set; }

        public SortedDictionary<ulong, Row> Rows { get; } = [];

        public ShardClaim Claim()
        {
            Epoch = new Epoch(Epoch.Value + 1);
            return new ShardClaim(id, Epoch);
        }

        public Row? Find(IkeSpi spi) => Rows.GetValueOrDefault(spi.Value);
    }

    /// <summary>Without a snapshot: a tombstone.</summary>
    private sealed record Row(long Version, UInt128 CommitId, byte[]? Snapshot)
    {
        public SaRow? ToSaRow(ShardId shard, IkeSpi spi, Displacement displaced) =>
            Snapshot is null ? null : new SaRow(shard, spi, Version, Snapshot.ToArray(), displaced);
    }
}
