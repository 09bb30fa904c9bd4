using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Protocol;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>CONTRACT.md, guarantee 3: sources past their budget are served after others.</summary>
public sealed class LateInitTests : IDisposable
{
    private readonly LoopWorld _world = new(
        admission: AdmissionSettings.Default with { Cookies = CookieMode.Never, InitRatePerSource = 1 });

    [Fact]
    public void An_init_past_its_source_budget_is_answered_after_one_that_came_later()
    {
        ScriptedPeer greedy = _world.NewPeer();
        greedy.Init(nonce: 1);
        ScriptedPeer modest = _world.NewPeer();
        int sent = _world.Sender.Sent.Count;
        Receive(greedy, nonce: 2);
        Receive(modest, nonce: 3);
        _world.Run();

        Assert.Equal(
            [modest.Path.Remote.Address, greedy.Path.Remote.Address], _world.Sender.Sent.Skip(sent).Select(one => one.Path.Remote.Address));
    }

    [Fact]
    public void More_late_inits_than_may_wait_are_dropped_and_counted()
    {
        ScriptedPeer greedy = _world.NewPeer();
        greedy.Init(nonce: 0);
        for (int i = 0; i < LateInits.WaitingMax + 3; i++)
        {
            Receive(new ScriptedPeer(_world, 1_000 + (ulong)i) { Path = greedy.Path }, nonce: 1);
        }

        _world.Run();
        Assert.Equal([DropReason.Overload, DropReason.Overload, DropReason.Overload], _world.Events.Drops);
        Assert.Equal(LateInits.WaitingMax + 1, _world.InMemory);
    }

    [Fact]
    public void A_late_init_that_waited_too_long_is_dropped()
    {
        ScriptedPeer greedy = _world.NewPeer();
        greedy.Init(nonce: 1);
        Receive(greedy, nonce: 2);
        _world.Loop.RunOnce(_world.Now + new LoopOptions().DatagramAgeMax + TimeSpan.FromMilliseconds(1));

        Assert.Equal([DropReason.TooOld], _world.Events.Drops);
    }

    public void Dispose() => _world.Dispose();

    private void Receive(ScriptedPeer peer, byte nonce)
    {
        _world.Loop.StartBatch(_world.Now);
        _world.Loop.Receive(peer.Path, peer.InitRequest(nonce));
    }
}
