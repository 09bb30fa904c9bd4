using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Region;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Region;

/// <summary>A datagram that enters by a loop that does not own its shard is copied once, and answered by the owner.</summary>
public sealed class TwoLoopsTests : IDisposable
{
    private readonly LoopWorld _world = new(loops: 2, options: new LoopOptions { MailboxDatagramsMax = 4 });

    [Fact]
    public void A_question_that_finds_a_full_mailbox_is_asked_again_soon_and_not_at_once()
    {
        ScriptedPeer peer = _world.NewPeer();
        peer.Loop = 1;
        peer.Init();
        while (_world.Loops[0].TryPost(new LoopMessage.Drain()))
        {
        }

        _world.Loops[1].StartBatch(_world.Now);
        _world.Loops[1].Receive(peer.Path, ScriptedPeer.Request(peer, Wish.Login, id: 1));
        Assert.Equal(_world.Now + EventLoop.RetryAfter, _world.Loops[1].RunOnce(_world.Now));

        _world.Run();
        _world.Pass(EventLoop.RetryAfter);
        Assert.Equal(1, _world.Established);
    }

    [Fact]
    public void An_SA_lives_in_a_shard_of_the_loop_its_init_entered_by()
    {
        for (int i = 0; i < 6; i++)
        {
            ScriptedPeer peer = _world.NewPeer();
            peer.Loop = i % 2;
            peer.Init();
            Assert.Same(_world.Loops[i % 2], _world.Map.HomeOf(peer.Key.Shard));
        }
    }

    [Fact]
    public void A_login_far_from_the_pools_gets_its_address_by_mail()
    {
        ScriptedPeer near = Login(entersBy: 0);
        ScriptedPeer far = Login(entersBy: 1);

        Assert.Equal(near.LocalSpi, _world.Store.HolderOf("rw4", LoopWorld.Address("10.0.0.1")));
        Assert.Equal(far.LocalSpi, _world.Store.HolderOf("rw4", LoopWorld.Address("10.0.0.2")));

        Assert.NotNull(far.Ask(Wish.Delete));
        Assert.Equal(1, _world.Pools.Stats()[0].Held);
    }

    [Fact]
    public void A_request_that_enters_by_the_other_loop_is_answered_and_its_buffer_given_back()
    {
        ScriptedPeer peer = Login(entersBy: 1);
        peer.Loop = 0;

        Assert.NotNull(peer.Ask(Wish.Liveness));
        Assert.NotNull(peer.Ask(Wish.Write));
        Assert.Equal(0, _world.Packets.Outstanding);
    }

    [Fact]
    public void A_full_mailbox_drops_and_counts_and_leaks_nothing()
    {
        ScriptedPeer peer = Login(entersBy: 1);
        byte[] request = ScriptedPeer.Request(peer, Wish.Liveness, id: 2);
        for (int i = 0; i < 10; i++)
        {
            _world.Loops[0].Receive(peer.Path, request.ToArray());
        }

        Assert.Equal(4, _world.Loops[1].MailboxDepth);
        Assert.Equal(4, _world.Packets.Outstanding);
        Assert.Equal(6, _world.Events.Drops.Count(drop => drop == DropReason.MailboxFull));
        _world.Run();
        Assert.Equal(0, _world.Packets.Outstanding);
    }

    [Fact]
    public void A_datagram_that_waited_too_long_is_not_worth_an_answer()
    {
        ScriptedPeer peer = Login(entersBy: 1);
        _world.Loops[0].Receive(peer.Path, ScriptedPeer.Request(peer, Wish.Liveness, id: 2));
        int sent = _world.Sender.Sent.Count;
        _world.Loops[1].RunOnce(_world.Now + TimeSpan.FromSeconds(2));

        Assert.Equal(sent, _world.Sender.Sent.Count);
        Assert.Contains(DropReason.TooOld, _world.Events.Drops);
    }

    [Fact]
    public async Task The_directory_shows_every_SA_in_memory_asleep_or_half_open()
    {
        ScriptedPeer asleep = Login(entersBy: 0);
        _world.Pass(TimeSpan.FromMinutes(11));
        ScriptedPeer awake = Login(entersBy: 1);
        ScriptedPeer halfOpen = _world.NewPeer();
        halfOpen.Init();

        List<IkeSpi> seen = await Turn(ListAsync());
        Assert.Equal(
            new[] { asleep.LocalSpi, awake.LocalSpi, halfOpen.LocalSpi }.OrderBy(spi => spi.Value), seen.OrderBy(spi => spi.Value));
    }

    [Fact]
    public async Task A_list_longer_than_a_page_is_whole_and_has_nobody_twice()
    {
        for (int i = 0; i < 150; i++)
        {
            Login(entersBy: i % 2);
        }

        List<IkeSpi> seen = await Turn(ListAsync());
        Assert.Equal(150, seen.Count);
        Assert.Equal(150, seen.Distinct().Count());
    }

    [Fact]
    public async Task An_SA_is_found_and_ended_by_its_SPI()
    {
        ScriptedPeer peer = Login(entersBy: 1);
        Assert.Equal(peer.LocalSpi, (await Turn(_world.Directory.FindAsync(peer.LocalSpi, default).AsTask()))?.State.LocalSpi);
        Assert.Null(await Turn(_world.Directory.FindAsync(new IkeSpi(1), default).AsTask()));

        Assert.True(await Turn(_world.Directory.TerminateAsync(peer.LocalSpi, null, default).AsTask()));
        Assert.Equal(0, _world.Established);
        Assert.False(await Turn(_world.Directory.TerminateAsync(peer.LocalSpi, null, default).AsTask()));
    }

    [Fact]
    public async Task A_sleeping_SA_can_be_ended_too()
    {
        ScriptedPeer peer = Login(entersBy: 1);
        _world.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(0, _world.InMemory);

        Assert.True(await Turn(_world.Directory.TerminateAsync(peer.LocalSpi, null, default).AsTask()));
        Assert.True(_world.Store.Row(peer.LocalSpi)!.IsTombstone);
    }

    private async Task<List<IkeSpi>> ListAsync()
    {
        var seen = new List<IkeSpi>();
        await foreach (SaView view in _world.Directory.ListAsync(default))
        {
            seen.Add(view.State.LocalSpi);
        }

        return seen;
    }

    /// <summary>Turns the loops until the operator has his answer.</summary>
    private async Task<T> Turn<T>(Task<T> asked)
    {
        while (!asked.IsCompleted)
        {
            _world.Run();
            await Task.Yield();
        }

        return await asked;
    }

    private ScriptedPeer Login(int entersBy)
    {
        ScriptedPeer peer = _world.NewPeer();
        peer.Loop = entersBy;
        peer.Init();
        Assert.NotNull(peer.Ask(Wish.Login));
        return peer;
    }

    public void Dispose() => _world.Dispose();
}
