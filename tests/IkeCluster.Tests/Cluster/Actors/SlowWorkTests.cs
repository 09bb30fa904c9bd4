using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;
using IkeCluster.Protocol;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>STYLE rule 16: slow work leaves as an effect and returns as an input.</summary>
public sealed class SlowWorkTests : IDisposable
{
    private readonly LoopWorld _world = new();

    [Fact]
    public void A_sum_that_is_done_at_once_is_answered_in_the_same_turn()
    {
        ScriptedPeer peer = _world.Login();
        Assert.NotNull(peer.Ask(Wish.Sum));
    }

    [Fact]
    public void A_sum_that_takes_long_comes_home_by_mail()
    {
        ScriptedPeer peer = _world.Login();
        _world.Work.IsHolding = true;
        int sent = _world.Sender.Sent.Count;
        Assert.Null(peer.Ask(Wish.Sum));

        ComeHome();
        Assert.NotNull(peer.HeardSince(sent));
    }

    [Fact]
    public void A_sum_for_an_actor_that_is_gone_is_thrown_away()
    {
        ScriptedPeer peer = _world.Login();
        _world.Work.IsHolding = true;
        peer.Ask(Wish.Sum);
        peer.AskInstead(Wish.Fault);
        int turns = _world.Machine.Turns.Count(turn => turn.Input is IkeInput.WorkDone);

        ComeHome();
        Assert.Equal(turns, _world.Machine.Turns.Count(turn => turn.Input is IkeInput.WorkDone));
        Assert.NotNull(peer.Ask(Wish.Liveness));
    }

    [Fact]
    public void Where_no_worker_has_room_the_request_is_as_if_it_never_came()
    {
        ScriptedPeer peer = _world.Login();
        _world.Work.IsFull = true;
        Assert.Null(peer.Ask(Wish.Sum));
        Assert.Equal([DropReason.Overload], _world.Events.Drops);

        _world.Work.IsFull = false;
        Assert.NotNull(peer.Repeat());
    }

    [Fact]
    public void A_mailbox_full_of_orders_still_takes_the_answer_to_a_sum()
    {
        ScriptedPeer peer = _world.Login();
        _world.Work.IsHolding = true;
        int sent = _world.Sender.Sent.Count;
        peer.Ask(Wish.Sum);
        while (_world.Loop.TryPost(new LoopMessage.Drain()))
        {
        }

        ComeHome();
        Assert.NotNull(peer.HeardSince(sent));
    }

    private void ComeHome()
    {
        foreach (LoopMessage answer in _world.Work.Release())
        {
            Assert.True(_world.Loop.TryPost(answer));
        }

        _world.Run();
    }

    public void Dispose() => _world.Dispose();
}
