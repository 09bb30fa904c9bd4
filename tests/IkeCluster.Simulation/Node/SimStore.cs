using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Store;

namespace IkeCluster.Simulation.Node;

/// <summary>
/// What survives every process: the real store of memory with rows sealed as at rest, and beside it a plain record of what it
/// must hold by now, for those who check.
/// </summary>
internal sealed class SimStore
{
    private readonly World _world;
    private readonly MemoryShardStore _real = new();
    private readonly RowSealer _sealer;
    private readonly ConditionalWeakTable<byte[], IkeSaState> _states = [];
    private readonly Dictionary<IkeSpi, RestingRow> _rows = [];
    private readonly HashSet<UInt128> _committed = [];

    public SimStore(World world)
    {
        _world = world;
        _sealer = new RowSealer(world);
    }

    /// <summary>Every row ever written, tombstones too.</summary>
    public IReadOnlyDictionary<IkeSpi, RestingRow> Rows => _rows;

    public IEnumerable<RestingRow> LiveRows => _rows.Values.Where(row => !row.IsTombstone);

    public RestingRow? Row(IkeSpi spi) => _rows.GetValueOrDefault(spi);

    public bool IsLive(IkeSpi spi) => Row(spi) is { IsTombstone: false };

    /// <summary>The commit has come before; one of its rows still bears its name.</summary>
    public bool IsWritten(SaCommit commit) => commit.Rows.Any(row => Row(row.LocalSpi)?.CommitId == commit.Id);

    /// <summary>The commit was written once, whatever has become of its rows since.</summary>
    public bool WasWritten(SaCommit commit) => _committed.Contains(commit.Id);

    /// <summary>The store as one process sees it.</summary>
    public IShardStore For(SimProcess process) => new StoreLine(_world, process, this);

    public ImmutableArray<ShardClaim> Claim(int shards)
    {
        ImmutableArray<ShardClaim> claims = Now(_real.ClaimAsync("node", shards, CancellationToken.None));
        _world.Checks.Claimed(claims);
        return claims;
    }

    public ImmutableArray<LeaseRow> Leases() => Now(_real.ListLeasesAsync(CancellationToken.None));

    /// <summary>These octets stand for this state.</summary>
    public void Remember(byte[] snapshot, IkeSaState state) => _states.AddOrUpdate(snapshot, state);

    /// <summary>A commit as it lies on the line: its octets are its own, because the sender wipes his.</summary>
    public SentCommit Copy(SaCommit commit) => new(
        commit with { Rows = [.. commit.Rows.Select(row => row with { Snapshot = row.Snapshot.ToArray() })] },
        [.. commit.Rows.Select(StateOf)]);

    /// <summary>Writes, by the rules of the real store.</summary>
    public SaOutcome Apply(SentCommit sent)
    {
        SaCommit atRest = sent.Commit with { Rows = [.. sent.Commit.Rows.Select(row => _sealer.Seal(sent.Commit, row))] };
        SaOutcome outcome = Now(_real.CommitAsync(new CommitBatch([atRest]), CancellationToken.None))[0];
        _world.Checks.Applying(sent, outcome);
        if (outcome.Kind == SaOutcomeKind.Committed)
        {
            _committed.Add(sent.Commit.Id);
            Keep(sent);
        }

        _world.Checks.Applied(sent, outcome);
        return outcome;
    }

    public SaRow? Load(ShardId shard, IkeSpi spi) =>
        Now(_real.LoadAsync(shard, spi, CancellationToken.None)) is { } row ? _sealer.Open(row) : null;

    public ImmutableArray<IkeSpi> ListLiveSpis(ShardId shard) => Now(_real.ListLiveSpisAsync(shard, CancellationToken.None));

    public ImmutableArray<SaRow> List(ShardId shard, IkeSpi after, int limit) =>
        [.. Now(_real.ListAsync(shard, after, limit, CancellationToken.None)).Select(_sealer.Open)];

    private static T Now<T>(ValueTask<T> answered) => answered.GetAwaiter().GetResult();

    private IkeSaState? StateOf(RowWrite row) =>
        MemoryMarshal.TryGetArray<byte>(row.Snapshot, out ArraySegment<byte> octets)
        && octets.Array is { Length: > 0 } array && _states.TryGetValue(array, out IkeSaState? state)
            ? state
            : null;

    private static string Describe(IkeSaState? state) => state is null
        ? "gone"
        : $"{state.Phase}, expects {state.Window.Expected}, asks {state.Own.Pending?.Kind.ToString() ?? "nothing"} {state.Own.NextId}, children "
            + string.Join(' ', state.Children.Select(child => $"{child.InboundSpi}/{child.OutboundSpi}{(child.IsRekeyed ? " (replaced)" : "")}"));

    private void Keep(SentCommit sent)
    {
        // Written already: rows of it may have been written again since.
        if (IsWritten(sent.Commit))
        {
            return;
        }

        for (int i = 0; i < sent.Commit.Rows.Length; i++)
        {
            RowWrite row = sent.Commit.Rows[i];
            IkeSaState? state = row.Kind == SaWriteKind.Delete ? null : sent.States[i];
            _world.Digest.Add(row.Snapshot.Span);
            _world.Tell($"store: {row.Kind} {row.LocalSpi} version {row.RowVersion}: {Describe(state)}");
            _rows[row.LocalSpi] = new RestingRow(sent.Commit.Shard, row.LocalSpi, row.RowVersion, sent.Commit.Id, state);
        }
    }
}

/// <summary>A commit on its way, with the states that its rows stand for; none for a tombstone.</summary>
internal sealed record SentCommit(SaCommit Commit, ImmutableArray<IkeSaState?> States);

/// <summary>A row as it must be at rest; without a state it is a tombstone.</summary>
internal sealed record RestingRow(ShardId Shard, IkeSpi LocalSpi, long Version, UInt128 CommitId, IkeSaState? State)
{
    public bool IsTombstone => State is null;
}
