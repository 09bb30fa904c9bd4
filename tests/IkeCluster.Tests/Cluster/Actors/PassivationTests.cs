using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>An SA that nobody talks to leaves memory, and nobody can tell.</summary>
public sealed class PassivationTests : IDisposable
{
    private readonly LoopWorld _world = new();

    [Fact]
    public void An_idle_SA_leaves_memory_and_answers_when_it_is_asked_again()
    {
        ScriptedPeer peer = _world.Login();
        _world.Pass(TimeSpan.FromMinutes(9));
        Assert.Equal(1, _world.InMemory);

        _world.Pass(TimeSpan.FromMinutes(2));
        Assert.Equal(0, _world.InMemory);
        Assert.Equal(1, _world.Established);

        Assert.NotNull(peer.Ask(Wish.Liveness));
        Assert.Equal(1, _world.Store.Loads);
        Assert.Equal(1, _world.InMemory);
    }

    [Fact]
    public void One_that_is_as_its_row_says_comes_back_without_catch_up()
    {
        ScriptedPeer peer = Idle(_ => { });
        peer.Ask(Wish.Liveness);

        Assert.False(Assert.Single(Recoveries()).AfterOwnerChange);
    }

    [Fact]
    public void One_that_answered_liveness_since_its_row_was_written_comes_back_in_catch_up()
    {
        ScriptedPeer peer = Idle(one => one.Ask(Wish.Liveness));
        Assert.NotNull(peer.Ask(Wish.Write));

        Assert.True(Assert.Single(Recoveries()).AfterOwnerChange);
        Assert.Equal(2, _world.Store.Row(peer.LocalSpi)!.Version);
    }

    [Fact]
    public void A_repeat_of_a_committed_request_is_answered_from_the_row()
    {
        byte[]? answer = null;
        ScriptedPeer peer = Idle(one => answer = one.Ask(Wish.Write));

        Assert.Equal(answer, peer.Repeat());
    }

    // Waking it by chance put its liveness off again and again, so that an SA whose peer was dead lived for ever.
    [Fact]
    public void A_silent_peer_of_a_sleeping_SA_is_asked_when_it_was_to_be_asked()
    {
        ConnectionPolicy patient = Policies.RoadWarrior with { DpdDelay = TimeSpan.FromMinutes(30) };
        using var world = new LoopWorld(machine: new EngineMachine(), policy: Policies.Of(patient), work: new InlineWork());
        using var peer = new RealPeer(world, seed: 1);
        peer.Login();
        peer.CheckLiveness();

        world.Pass(TimeSpan.FromMinutes(29));
        Assert.Equal(0, world.InMemory);
        Assert.Empty(peer.Listen());

        world.Pass(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(1));
        Assert.Contains(peer.Listen(), one => one is InitiatorEvent.PeerAsked);
    }

    // One fragment of a message that never becomes whole would hold the SA, and itself, in memory for ever.
    [Fact]
    public void Half_a_message_keeps_no_SA_in_memory()
    {
        using LoopWorld world = LoopWorld.WithRealEngine();
        using var peer = new RealPeer(world, seed: 1, change: settings => settings with { FragmentOctets = 200 });
        peer.Login();
        InitiatorStep step = peer.Initiator.CreateChild(world.Now);
        Assert.InRange(step.Send.Length, 2, 64);
        world.Receive(RealPeer.Reverse(step.Send[0].Path), step.Send[0].Message);
        world.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(0, world.InMemory);

        Assert.Contains(peer.Tick(), one => one is InitiatorEvent.ChildEstablished);
    }

    // It counted as one that was taken over, so each time it was woken for its rekey the rekey was put off by chance.
    [Fact]
    public void A_sleeping_SA_is_rekeyed_when_it_was_to_be_rekeyed()
    {
        ChildPolicy endless = Policies.RoadWarrior.Children[0] with { RekeyTime = TimeSpan.Zero, LifeTime = TimeSpan.Zero };
        ConnectionPolicy idle = Policies.RoadWarrior with
        {
            RekeyTime = TimeSpan.FromHours(4),
            RandTime = TimeSpan.Zero,
            Children = [endless],
        };
        using var world = new LoopWorld(machine: new EngineMachine(), policy: Policies.Of(idle), work: new InlineWork());
        using var peer = new RealPeer(world, seed: 1);
        peer.Login();
        peer.CheckLiveness();

        world.Pass(TimeSpan.FromHours(4) - TimeSpan.FromSeconds(1));
        Assert.Equal(0, world.InMemory);
        Assert.Empty(peer.Listen());

        world.Pass(TimeSpan.FromSeconds(2));
        Assert.Contains(peer.Listen(), one => one is InitiatorEvent.IkeRekeyed);
    }

    [Fact]
    public void The_deadline_of_a_sleeping_SA_still_fires()
    {
        _world.Machine.WakeAfter = TimeSpan.FromMinutes(25);
        _world.Login();
        _world.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(0, _world.InMemory);

        int turns = _world.Machine.Turns.Count;
        _world.Pass(TimeSpan.FromMinutes(15));
        Assert.Collection(
            _world.Machine.Turns.Skip(turns).Select(turn => turn.Input),
            input => Assert.IsType<IkeInput.Recovered>(input),
            input => Assert.IsType<IkeInput.TimerFired>(input));
    }

    [Fact]
    public void A_deadline_that_comes_while_the_store_is_away_is_not_lost()
    {
        _world.Machine.WakeAfter = TimeSpan.FromMinutes(25);
        _world.Login();
        _world.Pass(TimeSpan.FromMinutes(11));
        _world.Store.IsBroken = true;
        _world.Pass(TimeSpan.FromMinutes(15));
        Assert.Equal(0, _world.InMemory);

        _world.Store.IsBroken = false;
        _world.Pass(TimeSpan.FromSeconds(5));
        Assert.Contains(_world.Machine.Turns, turn => turn.Input is IkeInput.TimerFired);
    }

    [Fact]
    public void An_SA_that_waits_for_a_commit_does_not_fall_asleep()
    {
        ScriptedPeer peer = _world.Login();
        _world.Store.IsBroken = true;
        peer.Ask(Wish.Write);
        _world.Pass(TimeSpan.FromMinutes(30));
        Assert.Equal(1, _world.InMemory);

        _world.Store.IsBroken = false;
        _world.Pass(TimeSpan.FromSeconds(5));
        Assert.NotNull(peer.Repeat());
    }

    private ScriptedPeer Idle(Action<ScriptedPeer> last)
    {
        ScriptedPeer peer = _world.Login();
        last(peer);
        _world.Pass(TimeSpan.FromMinutes(11));
        Assert.Equal(0, _world.InMemory);
        return peer;
    }

    private IEnumerable<IkeInput.Recovered> Recoveries() => _world.Machine.Turns.Select(turn => turn.Input).OfType<IkeInput.Recovered>();

    public void Dispose() => _world.Dispose();
}
