using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using IkeCluster.Store;

namespace IkeCluster.Tests.Cluster;

/// <summary>
/// A store in memory with the rules of the port, whose answers a test may hold back, spoil or script. It checks what it
/// is told: a version that does not follow, an insert over a row, a claim on a held address.
/// </summary>
internal sealed class ScriptedStore : IShardStore
{
    private readonly Dictionary<IkeSpi, StoredRow> _rows = [];
    private readonly MemoryClaims _claims = new();
    private readonly Dictionary<ShardId, Epoch> _epochs = [];
    private readonly List<Action> _heldAnswers = [];
    private readonly Queue<TaskCompletionSource<SaRow?>> _heldLoads = [];

    public List<CommitBatch> Batches { get; } = [];

    public int Loads { get; private set; }

    /// <summary>No row can be read.</summary>
    public bool BreaksLoads { get; set; }

    /// <summary>Answers wait for <see cref="Release"/>.</summary>
    public bool IsHolding { get; set; }

    /// <summary>The work is done at once, and only the answers wait.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Every call throws.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Single rows are asked for and do not come, until <see cref="FailLoads"/>.</summary>
    public bool IsLoadHeld { get; set; }

    /// <summary>Which SPIs are live is not to be learned.</summary>
    public bool IsListBroken { get; set; }

    /// <summary>What to say before the write (it is not made), by commit; null: write.</summary>
    public Func<SaCommit, SaOutcomeKind?> Refuse { get; set; } = _ => null;

    /// <summary>What to say after the write was made; null: Committed.</summary>
    public Func<SaCommit, SaOutcomeKind?> Spoil { get; set; } = _ => null;

    public IEnumerable<IkeSpi> LiveRows => _rows.Where(row => !row.Value.IsTombstone).Select(row => row.Key);

    public ImmutableArray<LeaseRow> Leases => _claims.Leases;

    public StoredRow? Row(IkeSpi spi) => _rows.GetValueOrDefault(spi);

    /// <summary>Null: nobody; it is shared where there are several.</summary>
    public IkeSpi? HolderOf(string pool, IpAddress address) =>
        HoldersOf(pool, address) is [.., IkeSpi last] ? last : null;

    public ImmutableArray<IkeSpi> HoldersOf(string pool, IpAddress address) => _claims.HoldersOf(pool, address);

    public Displacement MarkOf(IkeSpi spi) => _claims.MarkOf(spi);

    public void HoldLease(string pool, IpAddress address, IkeSpi spi) =>
        _claims.Apply(new SaCommit(0, default, default, [], [new LeaseClaim(pool, address, "another", spi)]));

    public void Fence(ShardId shard) => _epochs[shard] = new Epoch(_epochs[shard].Value + 1);

    /// <summary>Lets the answers go that were held back.</summary>
    public void Release()
    {
        while (_heldAnswers.Count > 0)
        {
            ReleaseOne();
        }
    }

    /// <summary>Lets the oldest of them go, or the latest.</summary>
    public void ReleaseOne(bool isLatest = false)
    {
        int place = isLatest ? _heldAnswers.Count - 1 : 0;
        Action answer = _heldAnswers[place];
        _heldAnswers.RemoveAt(place);
        answer();
    }

    /// <summary>The rows that were asked for cannot be read.</summary>
    public void FailLoads()
    {
        IsLoadHeld = false;
        while (_heldLoads.TryDequeue(out TaskCompletionSource<SaRow?>? held))
        {
            held.SetException(new IOException("the disk is gone"));
        }
    }

    public ValueTask<ImmutableArray<ShardClaim>> ClaimAsync(string node, int shards, CancellationToken stop) =>
        ValueTask.FromResult(Claim(shards));

    public ImmutableArray<ShardClaim> Claim(int shards)
    {
        var claims = ImmutableArray.CreateBuilder<ShardClaim>(shards);
        for (ushort id = 0; id < shards; id++)
        {
            var shard = new ShardId(id);
            _epochs[shard] = new Epoch(_epochs.GetValueOrDefault(shard).Value + 1);
            claims.Add(new ShardClaim(shard, _epochs[shard]));
        }

        return claims.ToImmutable();
    }

    public ValueTask<ImmutableArray<SaOutcome>> CommitAsync(CommitBatch batch, CancellationToken stop)
    {
        Batches.Add(batch);
        return Answer(() => batch.Commits.Select(Commit).ToImmutableArray());
    }

    public ValueTask<SaRow?> LoadAsync(ShardId shard, IkeSpi localSpi, CancellationToken stop)
    {
        Loads++;
        if (IsLoadHeld)
        {
            var held = new TaskCompletionSource<SaRow?>();
            _heldLoads.Enqueue(held);
            return new ValueTask<SaRow?>(held.Task);
        }

        return BreaksLoads ? throw new IOException("the disk is gone") : Answer(() => _rows.TryGetValue(localSpi, out StoredRow? row) && !row.IsTombstone ? row.ToRow(localSpi, MarkOf(localSpi)) : null);
    }

    public ValueTask<ImmutableArray<IkeSpi>> ListLiveSpisAsync(ShardId shard, CancellationToken stop) =>
        IsListBroken
            ? throw new IOException("the disk is gone")
            : Answer(() => _rows.Where(row => row.Value.Shard == shard && !row.Value.IsTombstone).Select(row => row.Key).ToImmutableArray());

    public ValueTask<ImmutableArray<SaRow>> ListAsync(ShardId shard, IkeSpi after, int limit, CancellationToken stop) =>
        Answer(() => _rows
            .Where(row => row.Value.Shard == shard && !row.Value.IsTombstone && row.Key.Value > after.Value)
            .OrderBy(row => row.Key.Value)
            .Take(limit)
            .Select(row => row.Value.ToRow(row.Key, MarkOf(row.Key)))
            .ToImmutableArray());

    public ValueTask<ImmutableArray<LeaseRow>> ListLeasesAsync(CancellationToken stop) => ValueTask.FromResult(Leases);

    public ValueTask PruneLeasesAsync(ImmutableArray<string> pools, CancellationToken stop)
    {
        _claims.Prune(pools);
        return ValueTask.CompletedTask;
    }

    private ValueTask<T> Answer<T>(Func<T> work)
    {
        if (IsBroken)
        {
            throw new IOException("the disk is gone");
        }

        if (!IsHolding && !IsSilent)
        {
            return ValueTask.FromResult(work());
        }

        var held = new TaskCompletionSource<T>();
        Func<T> done = IsSilent && work() is var result ? () => result : work;
        _heldAnswers.Add(() => held.SetResult(done()));
        return new ValueTask<T>(held.Task);
    }

    private SaOutcome Commit(SaCommit commit)
    {
        if (Refuse(commit) is { } refused)
        {
            return new SaOutcome(refused);
        }

        if (_epochs.GetValueOrDefault(commit.Shard) != commit.Epoch)
        {
            return new SaOutcome(SaOutcomeKind.Fenced);
        }

        // The same commit again: it is over, whatever was said about it.
        bool isWritten = commit.Rows.All(row => Row(row.LocalSpi)?.CommitId == commit.Id);
        if (!isWritten && commit.Rows.Any(row => !Fits(row)))
        {
            return new SaOutcome(SaOutcomeKind.Conflict);
        }

        if (!isWritten && _claims.Apply(commit) is { } conflict)
        {
            return conflict;
        }

        if (!isWritten)
        {
            Write(commit);
        }

        return Spoil(commit) is { } spoilt ? new SaOutcome(spoilt) : _claims.Committed(commit);
    }

    private bool Fits(RowWrite row) => row.Kind == SaWriteKind.Insert
        ? Row(row.LocalSpi) is null
        : Row(row.LocalSpi) is { IsTombstone: false } known && known.Version == row.RowVersion - 1;

    private void Write(SaCommit commit)
    {
        foreach (RowWrite row in commit.Rows)
        {
            _rows[row.LocalSpi] = new StoredRow(
                commit.Shard, row.RowVersion, row.Snapshot.ToArray(), commit.Id, row.Kind == SaWriteKind.Delete,
                (Row(row.LocalSpi)?.Writes ?? 0) + 1);
        }
    }
}

internal sealed record StoredRow(ShardId Shard, long Version, byte[] Snapshot, UInt128 CommitId, bool IsTombstone, int Writes)
{
    public SaRow ToRow(IkeSpi spi, Displacement displaced) => new(Shard, spi, Version, Snapshot.ToArray(), displaced);
}
