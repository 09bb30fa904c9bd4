using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Region;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Commit;

public sealed class OutboxTests
{
    private static readonly Instant Start = new(1_790_000_000_000_000);

    private readonly ScriptedStore _store = new();
    private readonly RecordedEvents _events = new();
    private readonly Outbox _outbox;
    private readonly Shard _shard;
    private Instant _now = Start;
    private int _wakes;

    public OutboxTests()
    {
        var key = new SecretBytes(32);
        _outbox = new Outbox(_store, _events, () => _wakes++);
        _shard = new Shard(_store.Claim(shards: 1)[0], new SpiSeal(ClusterKeys.From([(1, key)])), new TestRandom(1));
    }

    [Fact]
    public void Nothing_is_settled_before_the_store_has_answered()
    {
        _store.IsHolding = true;
        HeldStep step = Add(Insert(1));
        _outbox.Flush(_now);

        Assert.Empty(Settled());
        Assert.Equal(1, _outbox.Waiting);

        _store.Release();
        SettledStep settled = Assert.Single(Settled());
        Assert.Same(step, settled.Held);
        Assert.Equal(SaOutcomeKind.Committed, settled.Outcome.Kind);
        Assert.Equal(1, _wakes);
        Assert.Equal(0, _outbox.Waiting);
    }

    [Fact]
    public void Steps_that_gathered_go_in_one_batch()
    {
        Add(Insert(1));
        Add(Insert(2));
        Add(Insert(3));
        _outbox.Flush(_now);

        Assert.Equal(3, Assert.Single(_store.Batches).Commits.Length);
        Assert.Equal(3, Settled().Count);
        Assert.Equal(3, _events.Commits);
    }

    [Fact]
    public void An_unknown_outcome_is_asked_again_with_the_same_id_and_the_same_octets()
    {
        // Written, and then the connection broke.
        _store.Spoil = _ => SaOutcomeKind.Unknown;
        Add(Insert(1));
        _outbox.Flush(_now);
        Assert.Empty(Settled());
        Assert.Equal(1, _outbox.Waiting);

        _store.Spoil = _ => null;
        _now = _outbox.NextDeadline;
        _outbox.Flush(_now);

        Assert.Equal(SaOutcomeKind.Committed, Assert.Single(Settled()).Outcome.Kind);
        Assert.Same(_store.Batches[0].Commits[0], _store.Batches[1].Commits[0]);
        Assert.Equal(1, _store.Row(new IkeSpi(1))!.Writes);
    }

    [Fact]
    public void A_store_in_trouble_is_given_longer_and_longer_pauses()
    {
        _store.Refuse = _ => SaOutcomeKind.Unknown;
        Add(Insert(1));
        var pauses = new List<double>();
        for (int i = 0; i < 9; i++)
        {
            _outbox.Flush(_now);
            Assert.Empty(Settled());
            Instant next = _outbox.NextDeadline;
            _outbox.Flush(next - TimeSpan.FromMilliseconds(1));
            pauses.Add((next - _now).TotalMilliseconds);
            _now = next;
        }

        Assert.Equal([50, 100, 200, 400, 800, 1600, 2000, 2000, 2000], pauses);
        Assert.Equal(9, _store.Batches.Count);
        Assert.Equal(9, _events.Troubles.Count);
    }

    [Fact]
    public void A_store_that_throws_is_a_store_that_does_not_know()
    {
        _store.IsBroken = true;
        Add(Insert(1));
        _outbox.Flush(_now);
        Assert.Empty(Settled());
        Assert.Equal("the disk is gone", Assert.Single(_events.Troubles));

        _store.IsBroken = false;
        _outbox.Flush(_outbox.NextDeadline);
        Assert.Single(Settled());
    }

    [Fact]
    public void Neighbours_commit_beside_a_conflict_and_an_unknown()
    {
        _store.Refuse = commit => commit.Rows[0].LocalSpi.Value switch
        {
            1 => SaOutcomeKind.Conflict,
            2 => SaOutcomeKind.Unknown,
            3 => SaOutcomeKind.Fenced,
            _ => null,
        };
        for (ulong spi = 1; spi <= 4; spi++)
        {
            Add(Insert(spi));
        }

        _outbox.Flush(_now);

        Assert.Equal(
            [(1UL, SaOutcomeKind.Conflict), (3UL, SaOutcomeKind.Fenced), (4UL, SaOutcomeKind.Committed)],
            Settled().Select(one => (one.Held.Commit.Rows[0].LocalSpi.Value, one.Outcome.Kind)));
        Assert.Equal(1, _outbox.Waiting);
    }

    [Fact]
    public void Batches_and_their_number_are_bounded()
    {
        _store.IsHolding = true;
        for (ulong spi = 1; spi <= 6000; spi++)
        {
            Add(Insert(spi));
        }

        _outbox.Flush(_now);
        Assert.Equal(Outbox.BatchesInFlightMax, _store.Batches.Count);
        Assert.All(_store.Batches, batch => Assert.InRange(batch.Commits.Length, 1, Outbox.CommitsPerBatchMax));
        Assert.True(_outbox.IsFull);

        while (_outbox.Waiting > 0)
        {
            _store.Release();
            Settled();
            _outbox.Flush(_now);
        }

        Assert.Equal(6000, _events.Commits);
    }

    /// <summary>
    /// A store that loses answers before and after the write: whatever happens, each step is settled once, and written
    /// once.
    /// </summary>
    [Theory]
    [InlineData(3UL)]
    [InlineData(0xB0B0UL)]
    public void Whatever_the_store_loses_each_step_is_written_and_settled_once(ulong seed)
    {
        var random = new TestRandom(seed);
        _store.Refuse = _ => random.Below(5) == 0 ? SaOutcomeKind.Unknown : null;
        _store.Spoil = _ => random.Below(5) == 0 ? SaOutcomeKind.Unknown : null;
        var settled = new List<SettledStep>();
        ulong added = 0;
        for (int turn = 0; added < 1000 || _outbox.Waiting > 0; turn++)
        {
            Assert.InRange(turn, 0, 100_000);
            for (int i = random.Below(4); i > 0 && added < 1000; i--)
            {
                Add(Insert(++added));
            }

            _store.IsHolding = random.Below(2) == 0;
            _store.IsBroken = random.Below(20) == 0;
            _outbox.Flush(_now);
            if (random.Below(2) == 0)
            {
                _store.Release();
            }

            settled.AddRange(Settled());
            _now += TimeSpan.FromMilliseconds(random.Below(200));
        }

        Assert.Equal(1000, settled.Count);
        Assert.Equal(1000, settled.Select(one => one.Held.Commit.Id).Distinct().Count());
        Assert.All(settled, one => Assert.Equal(SaOutcomeKind.Committed, one.Outcome.Kind));
        Assert.All(_store.LiveRows, spi => Assert.Equal(1, _store.Row(spi)!.Writes));
    }

    private HeldStep Add(RowWrite row)
    {
        var actor = new SaActor(_shard, HalfOpen(row.LocalSpi));
        var held = new HeldStep(new SaCommit(_shard.NextCommitId(), _shard.Id, _shard.Epoch, [row], []), actor, default);
        _outbox.Add(held);
        return held;
    }

    private List<SettledStep> Settled()
    {
        var settled = new List<SettledStep>();
        while (_outbox.TryTakeSettled(_now, out SettledStep one))
        {
            settled.Add(one);
        }

        return settled;
    }

    private static RowWrite Insert(ulong spi) => new(SaWriteKind.Insert, new IkeSpi(spi), 1, new byte[] { 1, 2, 3 });

    private static IkeSaState HalfOpen(IkeSpi spi) => new()
    {
        LocalSpi = spi,
        PeerSpi = new IkeSpi(99),
        Phase = SaPhase.HalfOpen,
        Path = default,
        Window = RequestWindow.Fresh,
        Own = OwnRequests.None,
        Children = [],
        HeardAt = Start,
    };
}
