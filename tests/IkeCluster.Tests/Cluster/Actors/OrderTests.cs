using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>What other threads ask of a loop, and what an operator reads of it.</summary>
public sealed class OrderTests : IDisposable
{
    private readonly LoopWorld _world = LoopWorld.WithRealEngine();

    [Fact]
    public void An_order_that_throws_costs_itself_and_not_the_loop()
    {
        using var peer = new RealPeer(_world, seed: 1);
        peer.Login();

        _world.Loop.TryPost(new LoopMessage.Call(() => throw new InvalidOperationException("a sum came home to nobody")));
        _world.Run();

        Assert.Equal((IkeSpi.Zero, "order dropped", "Call"), Assert.Single(_world.Events.Faults));
        Assert.Contains(peer.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);
    }

    [Fact]
    public async Task Whoever_waits_for_an_answer_is_told_that_there_is_none()
    {
        var done = new TaskCompletionSource<bool>();
        new LoopMessage.Terminate(new IkeSpi(1), null, done).Fail(new InvalidOperationException("broken"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => done.Task);
    }

    [Fact]
    public void An_SA_that_a_rekey_has_replaced_is_not_counted_while_it_waits_for_its_delete()
    {
        using var peer = new RealPeer(_world, seed: 1);
        peer.Login();
        OutgoingMessage request = peer.Initiator.RekeyIke(_world.Now).Send.Single();
        _world.Receive(RealPeer.Reverse(request.Path), request.Path.NonEspMarker ? [0, 0, 0, 0, .. request.Message] : request.Message);
        _world.Pass(TimeSpan.FromSeconds(1));

        Assert.Equal((1, 2), (_world.Established, _world.InMemory));

        _world.Pass(Steps.RekeyedLinger);
        Assert.Equal((1, 1), (_world.Established, _world.InMemory));
    }

    [Fact]
    public void A_store_that_takes_no_commits_is_seen_and_so_is_its_return()
    {
        using var peer = new RealPeer(_world, seed: 1);
        _world.Store.IsBroken = true;
        peer.Login();
        _world.Pass(TimeSpan.FromSeconds(1));
        Assert.True(_world.Loop.Counters.IsStoreAway);

        _world.Store.IsBroken = false;
        _world.Pass(TimeSpan.FromSeconds(5));
        Assert.False(_world.Loop.Counters.IsStoreAway);
    }

    [Fact]
    public void A_refused_IKE_SA_INIT_is_told_with_its_cause()
    {
        using var peer = new RealPeer(
            _world, seed: 1, change: settings => settings with { IkeProposals = [Policies.Ike("aes128-sha256-modp4096")] });
        peer.Login();

        SaEvent.InitRefused refused = Assert.Single(_world.Events.Story.OfType<SaEvent.InitRefused>());
        Assert.Equal((NotifyType.NoProposalChosen, "no proposal of roadwarrior is among the peer's"), (refused.With, refused.Cause));
    }

    public void Dispose() => _world.Dispose();
}
