using IkeCluster.Engine;
using IkeCluster.Protocol;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>CONTRACT.md, guarantee 6: one fault, one SA.</summary>
public sealed class SupervisionTests : IDisposable
{
    private readonly LoopWorld _world = new();

    [Fact]
    public void An_actor_that_throws_comes_back_from_its_row_and_its_neighbours_never_notice()
    {
        ScriptedPeer peer = _world.Login();
        ScriptedPeer neighbour = _world.Login();
        neighbour.Ask(Wish.Liveness);

        Assert.Null(peer.Ask(Wish.Fault));
        Assert.Equal("recovered", Assert.Single(_world.Events.Faults).Action);
        Assert.NotNull(peer.Ask(Wish.Liveness));
        Assert.NotNull(neighbour.Ask(Wish.Liveness));
        Assert.DoesNotContain(_world.Machine.Turns, turn => turn.Spi == neighbour.LocalSpi && turn.Input is IkeInput.Recovered);
    }

    [Fact]
    public void A_recovered_actor_has_its_timers_again_though_its_peer_is_silent()
    {
        _world.Machine.WakeAfter = TimeSpan.FromSeconds(20);
        ScriptedPeer peer = _world.Login();
        peer.Ask(Wish.Fault);
        int turns = _world.Machine.Turns.Count;
        _world.Pass(TimeSpan.FromSeconds(25));

        Assert.Contains(_world.Machine.Turns.Skip(turns), turn => turn.Input is IkeInput.TimerFired);
    }

    [Fact]
    public void One_that_throws_again_within_a_minute_is_left_alone_for_a_minute()
    {
        ScriptedPeer peer = _world.Login();
        peer.Ask(Wish.Fault);
        _world.Pass(TimeSpan.FromSeconds(30));
        peer.Ask(Wish.Fault);

        Assert.Equal(["recovered", "quarantined"], _world.Events.Faults.Select(fault => fault.Action));
        Assert.Contains("Informational request, message ID 3", _world.Events.Faults[1].Shape, StringComparison.Ordinal);
        Assert.Null(peer.Ask(Wish.Liveness));
        Assert.Null(peer.Repeat());
        Assert.Equal([DropReason.Quarantined, DropReason.Quarantined], _world.Events.Drops);
        Assert.Equal(2, _world.Events.Faults.Count);

        _world.Pass(TimeSpan.FromSeconds(61));
        Assert.NotNull(peer.Repeat());
    }

    [Fact]
    public void One_that_throws_again_much_later_is_only_recovered()
    {
        ScriptedPeer peer = _world.Login();
        peer.Ask(Wish.Fault);
        _world.Pass(TimeSpan.FromMinutes(5));
        peer.Ask(Wish.Fault);

        Assert.Equal(["recovered", "recovered"], _world.Events.Faults.Select(fault => fault.Action));
    }

    [Fact]
    public void The_third_time_it_is_deleted_with_an_audit_record_and_its_address_is_free()
    {
        ScriptedPeer peer = _world.Login();
        peer.Ask(Wish.Fault);
        peer.Ask(Wish.Fault);
        _world.Pass(TimeSpan.FromSeconds(61));
        peer.Ask(Wish.Fault);

        Assert.Equal(["recovered", "quarantined", "deleted"], _world.Events.Faults.Select(fault => fault.Action));
        Assert.True(_world.Store.Row(peer.LocalSpi)!.IsTombstone);
        Assert.Equal(EndCause.Failed, Assert.IsType<SaEvent.Ended>(_world.Events.Story[^1]).Cause);
        Assert.Null(_world.Store.HolderOf("rw4", LoopWorld.Address("10.0.0.1")));
        Assert.Equal(0, _world.Established);
        Assert.Equal(0, _world.InMemory);
    }

    [Fact]
    public void A_half_open_SA_that_throws_is_gone()
    {
        ScriptedPeer peer = _world.NewPeer();
        peer.Init();
        peer.Ask(Wish.Fault);

        Assert.Equal("dropped", Assert.Single(_world.Events.Faults).Action);
        Assert.Equal(0, _world.InMemory);
        Assert.Equal(0, _world.HalfOpen.Count);
        Assert.Empty(_world.Store.Batches);
    }

    [Fact]
    public void A_timer_that_throws_each_time_ends_its_SA_and_no_other()
    {
        ScriptedPeer peer = _world.Login();
        _world.Machine.WakeAfter = TimeSpan.FromSeconds(1);
        peer.Ask(Wish.Liveness);
        _world.Machine.ThrowsOnTimer = true;
        _world.Pass(TimeSpan.FromMinutes(3));

        Assert.Equal(["recovered", "quarantined", "deleted"], _world.Events.Faults.Select(fault => fault.Action));
        Assert.NotNull(_world.Login());
    }

    [Fact]
    public void The_IVs_go_on_where_they_were_after_a_fault_and_higher_after_a_restart()
    {
        ScriptedPeer peer = _world.Login();
        IShardNumbers Numbers() => _world.Loop.ShardOf(peer.Key)!;
        ulong before = Numbers().NextIv();
        peer.Ask(Wish.Fault);
        peer.Ask(Wish.Liveness);
        ulong after = Numbers().NextIv();
        _world.Start();

        Assert.True(after > before);
        Assert.True(Numbers().NextIv() > after);
        Assert.Equal((after >> 40) + 1, Numbers().NextIv() >> 40);
    }

    public void Dispose() => _world.Dispose();
}
