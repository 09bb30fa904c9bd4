using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Commit;
using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>CONTRACT.md, guarantee 1: durable before visible; DESIGN.md: a commit has four outcomes.</summary>
public sealed class CommitOrderTests : IDisposable
{
    private readonly LoopWorld _world = new();

    [Fact]
    public void A_login_is_in_the_store_before_its_answer_leaves()
    {
        ScriptedPeer peer = _world.NewPeer();
        peer.Init();
        _world.Store.IsHolding = true;
        int sent = _world.Sender.Sent.Count;

        Assert.Null(peer.Ask(Wish.Login));
        Assert.Null(_world.Store.Row(peer.LocalSpi));
        Assert.Equal(1, _world.Loop.Counters.CommitsWaiting);

        _world.Store.Release();
        _world.Run();
        Assert.NotNull(_world.Store.Row(peer.LocalSpi));
        Assert.NotNull(peer.HeardSince(sent));
        Assert.Equal(peer.LocalSpi, _world.Store.HolderOf("rw4", LoopWorld.Address("10.0.0.1")));
        Assert.IsType<SaEvent.Established>(Assert.Single(_world.Events.Story));
    }

    [Fact]
    public void While_a_commit_is_in_flight_the_peers_repeats_are_dropped()
    {
        ScriptedPeer peer = _world.Login();
        _world.Store.IsHolding = true;
        int sent = _world.Sender.Sent.Count;
        Assert.Null(peer.Ask(Wish.Write));
        Assert.Null(peer.Repeat());
        Assert.Equal([DropReason.Frozen], _world.Events.Drops);

        _world.Store.Release();
        _world.Run();
        byte[]? first = peer.HeardSince(sent);
        Assert.NotNull(first);
        Assert.Equal(first, peer.Repeat());
        Assert.Equal(2, _world.Store.Row(peer.LocalSpi)!.Version);
    }

    [Fact]
    public void Liveness_is_answered_while_the_store_is_away_and_writes_wait_for_it()
    {
        ScriptedPeer writer = _world.Login();
        ScriptedPeer other = _world.Login();
        _world.Store.IsBroken = true;
        int sent = _world.Sender.Sent.Count;

        Assert.NotNull(other.Ask(Wish.Liveness));
        Assert.Null(writer.Ask(Wish.Write));
        Assert.Contains("the disk is gone", _world.Events.Troubles);

        _world.Pass(TimeSpan.FromSeconds(30));
        Assert.NotNull(other.Ask(Wish.Liveness));
        Assert.Null(writer.HeardSince(sent));

        _world.Store.IsBroken = false;
        _world.Pass(TimeSpan.FromSeconds(3));
        Assert.NotNull(writer.HeardSince(sent));
        Assert.NotNull(writer.Ask(Wish.Liveness));
    }

    [Fact]
    public void An_outcome_that_was_lost_freezes_the_actor_and_nothing_is_done_twice()
    {
        ScriptedPeer peer = _world.Login();
        _world.Store.Spoil = _ => SaOutcomeKind.Unknown;
        int sent = _world.Sender.Sent.Count;
        Assert.Null(peer.Ask(Wish.Write));

        _world.Pass(TimeSpan.FromSeconds(5));
        Assert.Null(peer.HeardSince(sent));

        _world.Store.Spoil = _ => null;
        _world.Pass(TimeSpan.FromSeconds(5));
        Assert.Single(_world.Sender.Sent.Skip(sent));
        Assert.Equal(2, _world.Store.Row(peer.LocalSpi)!.Version);
        Assert.Equal(2, _world.Store.Row(peer.LocalSpi)!.Writes);
    }

    [Fact]
    public void Where_an_address_is_another_SAs_in_the_lease_table_the_actor_chooses_again()
    {
        _world.Store.HoldLease("rw4", LoopWorld.Address("10.0.0.1"), new IkeSpi(0xFEED));
        ScriptedPeer peer = _world.Login();

        Assert.Contains(_world.Machine.Turns, turn => turn.Input is IkeInput.CommitConflict);
        Assert.Equal(peer.LocalSpi, _world.Store.HolderOf("rw4", LoopWorld.Address("10.0.0.2")));
        Assert.Equal(new IkeSpi(0xFEED), _world.Store.HolderOf("rw4", LoopWorld.Address("10.0.0.1")));
        Assert.NotNull(peer.Ask(Wish.Liveness));
    }

    [Fact]
    public void A_login_that_is_refused_again_and_again_ends()
    {
        _world.Store.Refuse = _ => SaOutcomeKind.Conflict;
        ScriptedPeer peer = _world.NewPeer();
        peer.Init();
        Assert.Null(peer.Ask(Wish.Login));

        Assert.Equal(SaActor.ConflictsMax + 1, _world.Store.Batches.Count);
        Assert.Equal("dropped", Assert.Single(_world.Events.Faults).Action);
        Assert.Equal(0, _world.InMemory);
        Assert.Equal(0, _world.Pools.Stats()[0].Held);
    }

    [Fact]
    public void A_conflict_on_the_row_itself_is_a_fault_and_the_SA_comes_back_from_the_store()
    {
        ScriptedPeer peer = _world.Login();
        int refusals = 1;
        _world.Store.Refuse = _ => refusals-- > 0 ? SaOutcomeKind.Conflict : null;

        Assert.Null(peer.Ask(Wish.Sum));
        Assert.NotNull(peer.Ask(Wish.Liveness));
        Assert.Equal(1, _world.Established);
    }

    [Fact]
    public void A_shard_that_has_another_owner_falls_silent_and_its_neighbours_do_not_notice()
    {
        ScriptedPeer lost = _world.Login();
        ScriptedPeer kept = _world.Login();
        Assert.NotEqual(lost.Key.Shard, kept.Key.Shard);
        _world.Store.Fence(lost.Key.Shard);

        Assert.Null(lost.Ask(Wish.Write));
        Assert.Null(lost.Ask(Wish.Liveness));
        Assert.Equal(DropReason.ShardNotOwned, _world.Events.Drops[^1]);
        Assert.NotNull(kept.Ask(Wish.Write));
        Assert.Equal(1, _world.Established);
        Assert.Equal(1, _world.InMemory);
        Assert.Null(_world.Map.HomeOf(lost.Key.Shard));
    }

    [Fact]
    public void An_IKE_rekey_writes_both_rows_in_one_commit_and_the_address_goes_along()
    {
        ScriptedPeer peer = _world.Login();
        int batches = _world.Store.Batches.Count;
        Assert.NotNull(peer.Ask(Wish.Rekey));

        SaCommit commit = Assert.Single(Assert.Single(_world.Store.Batches.Skip(batches)).Commits);
        IkeSpi successor = commit.Rows[1].LocalSpi;
        Assert.Equal([SaWriteKind.Update, SaWriteKind.Insert], commit.Rows.Select(row => row.Kind));
        Assert.Equal(successor, _world.Store.HolderOf("rw4", LoopWorld.Address("10.0.0.1")));

        Assert.NotNull(peer.Ask(Wish.Delete));
        Assert.Equal(successor, _world.Store.HolderOf("rw4", LoopWorld.Address("10.0.0.1")));
        Assert.Equal(1, _world.Pools.Stats()[0].Held);
        Assert.Equal(1, _world.Established);
    }

    [Fact]
    public void A_deleted_SA_frees_its_address_and_its_SPI_is_dead()
    {
        ScriptedPeer peer = _world.Login();
        Assert.Equal(1, _world.Pools.Stats()[0].Held);

        Assert.NotNull(peer.Ask(Wish.Delete));
        int loads = _world.Store.Loads;
        Assert.Null(peer.Ask(Wish.Liveness));

        Assert.Equal(DropReason.DeadSpi, _world.Events.Drops[^1]);
        Assert.Equal(loads, _world.Store.Loads);
        Assert.Equal(0, _world.Pools.Stats()[0].Held);
        Assert.Equal(0, _world.Established);
        Assert.Equal(0, _world.InMemory);
    }

    public void Dispose() => _world.Dispose();
}
