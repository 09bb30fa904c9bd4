using IkeCluster.Cluster.Region;
using IkeCluster.Engine;
using IkeCluster.Protocol;

namespace IkeCluster.Tests.Cluster.Region;

/// <summary>After a restart: what the store has comes back, and what it has not costs nothing.</summary>
public sealed class RecoveryTests : IDisposable
{
    private readonly LoopWorld _world = new();

    [Fact]
    public void After_a_restart_the_peers_next_request_is_answered_under_the_same_SPIs()
    {
        ScriptedPeer peer = _world.Login();
        peer.Ask(Wish.Liveness);
        peer.Ask(Wish.Liveness);
        _world.Start();

        Assert.NotNull(peer.Ask(Wish.Liveness));
        Assert.NotNull(peer.Ask(Wish.Write));
        Assert.Contains(_world.Machine.Turns, turn => turn.Input is IkeInput.Recovered { AfterOwnerChange: true });
    }

    [Fact]
    public void After_a_restart_a_repeat_of_a_committed_request_gets_the_same_octets()
    {
        ScriptedPeer peer = _world.Login();
        byte[]? answer = peer.Ask(Wish.Write);
        _world.Start();

        Assert.Equal(answer, peer.Repeat());
    }

    [Fact]
    public void The_first_packets_are_served_before_the_background_load_ends()
    {
        ScriptedPeer[] peers = [.. Enumerable.Range(0, 20).Select(_ => _world.Login())];
        _world.Start();
        _world.Store.IsHolding = true;
        int sent = _world.Sender.Sent.Count;

        Assert.Null(peers[7].Ask(Wish.Liveness));
        Assert.Equal(1, _world.Store.Loads);
        _world.Store.Release();
        _world.Loop.RunOnce(_world.Now);

        Assert.NotNull(peers[7].HeardSince(sent));
        Assert.True(_world.Loop.Counters.ShardsToLoad > 0);
    }

    [Fact]
    public void The_background_load_brings_every_SA_back_so_that_its_timers_are_armed()
    {
        for (int i = 0; i < 600; i++)
        {
            _world.Login();
        }

        _world.Machine.WakeAfter = TimeSpan.FromSeconds(10);
        _world.Start();
        _world.Run();
        Assert.Equal(600, _world.InMemory);
        Assert.Equal(600, _world.Established);
        Assert.Equal(0, _world.Loop.Counters.ShardsToLoad);

        int turns = _world.Machine.Turns.Count;
        _world.Pass(TimeSpan.FromSeconds(11));
        Assert.Equal(600, _world.Machine.Turns.Skip(turns).Count(turn => turn.Input is IkeInput.TimerFired));
    }

    [Fact]
    public void Datagrams_that_wait_for_a_row_cost_one_read_and_a_bounded_number_of_copies()
    {
        ScriptedPeer peer = _world.Login();
        _world.Start();
        _world.Store.IsHolding = true;
        int sent = _world.Sender.Sent.Count;
        peer.Ask(Wish.Liveness);
        for (int i = 0; i < 10; i++)
        {
            peer.Repeat();
        }

        Assert.Equal(1, _world.Store.Loads);
        Assert.Equal(LoadingSa.DatagramsMax, _world.Packets.Outstanding);
        Assert.All(_world.Events.Drops, drop => Assert.Equal(DropReason.RateLimited, drop));

        _world.Store.Release();
        _world.Run();
        Assert.NotNull(peer.HeardSince(sent));
        Assert.Equal(0, _world.Packets.Outstanding);
    }

    [Fact]
    [Trait("row", "8")]
    [Trait("row", "12")]
    public void A_dead_SPI_is_dropped_without_a_read()
    {
        ScriptedPeer peer = _world.Login();
        peer.Ask(Wish.Delete);
        _world.Start();
        _world.Run();

        Assert.Null(peer.Ask(Wish.Liveness));
        Assert.Equal(DropReason.DeadSpi, _world.Events.Drops[^1]);
        Assert.Equal(0, _world.Store.Loads);
    }

    [Fact]
    public void A_store_that_cannot_be_read_is_asked_again()
    {
        ScriptedPeer peer = _world.Login();
        _world.Start();
        _world.Store.IsBroken = true;
        Assert.Null(peer.Ask(Wish.Liveness));

        _world.Store.IsBroken = false;
        _world.Pass(TimeSpan.FromSeconds(2));
        Assert.NotNull(peer.Repeat());
        Assert.Equal(0, _world.Loop.Counters.ShardsToLoad);
    }

    [Fact]
    public void A_row_that_cannot_be_read_is_left_alone_and_never_deleted()
    {
        ScriptedPeer peer = _world.Login();
        _world.Start();
        _world.Machine.ThrowsOnRead = true;
        Assert.Null(peer.Ask(Wish.Liveness));
        Assert.Null(peer.Repeat());
        Assert.Equal(DropReason.Quarantined, _world.Events.Drops[^1]);

        _world.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal([peer.LocalSpi], _world.Store.LiveRows);

        _world.Machine.ThrowsOnRead = false;
        _world.Pass(TimeSpan.FromMinutes(2));
        Assert.NotNull(peer.Repeat());
    }

    [Fact]
    public void Addresses_stay_with_their_SAs_and_stick_to_their_identities()
    {
        ScriptedPeer first = _world.Login();
        ScriptedPeer second = _world.Login();
        second.Ask(Wish.Delete);
        _world.Start();
        ScriptedPeer third = _world.Login();

        Assert.Equal(first.LocalSpi, _world.Store.HolderOf("rw4", LoopWorld.Address("10.0.0.1")));
        Assert.Equal(third.LocalSpi, _world.Store.HolderOf("rw4", LoopWorld.Address("10.0.0.2")));
    }

    public void Dispose() => _world.Dispose();
}
