using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary>Requests of ours on the loop: durable before they are first sent, and the same octets after a takeover (TRAPS 25).</summary>
public sealed class OwnRequestTests : IDisposable
{
    private static readonly ConnectionPolicy WithLiveness = Policies.RoadWarrior with { DpdDelay = TimeSpan.FromSeconds(30) };

    private readonly LoopWorld _world = LoopWorld.WithRealEngine(WithLiveness);
    private readonly RealPeer _peer;

    public OwnRequestTests()
    {
        _peer = new RealPeer(_world, seed: 1);
        _peer.Login();
    }

    [Fact]
    public void A_silent_peer_is_asked_and_its_answer_settles_it()
    {
        _world.Pass(TimeSpan.FromSeconds(31));
        Assert.Contains(_peer.Listen(), one => one is InitiatorEvent.PeerAsked);

        int sent = _world.Sender.Sent.Count;
        _world.Pass(TimeSpan.FromSeconds(25));
        Assert.Equal(sent, _world.Sender.Sent.Count);
        Assert.Empty(_world.Events.Faults);
    }

    [Fact]
    public void Our_request_is_in_its_row_before_it_is_sent()
    {
        _world.Store.IsHolding = true;
        int sent = _world.Sender.Sent.Count;
        long version = _world.Store.Row(_peer.OurSpi)!.Version;
        _world.Pass(TimeSpan.FromSeconds(40));
        Assert.Equal(sent, _world.Sender.Sent.Count);

        _world.Store.Release();
        _world.Run();
        Assert.Equal(version + 1, _world.Store.Row(_peer.OurSpi)!.Version);
        Assert.Single(_world.Sender.Sent.Skip(sent));
    }

    [Fact]
    public void While_the_store_cannot_write_a_silent_peer_is_not_asked_and_still_answered()
    {
        _world.Store.Refuse = _ => IkeCluster.Cluster.Commit.SaOutcomeKind.Unknown;
        using var second = new RealPeer(_world, seed: 2);
        second.Login();
        _world.Pass(TimeSpan.FromSeconds(40));

        Assert.Contains(_peer.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);

        _world.Store.Refuse = _ => null;
        _world.Pass(TimeSpan.FromSeconds(45));
        Assert.Contains(_peer.Listen(), one => one is InitiatorEvent.PeerAsked);
    }

    [Fact]
    public void After_a_crash_the_pending_request_goes_out_octet_for_octet()
    {
        _world.Pass(TimeSpan.FromSeconds(31));
        byte[] asked = _world.Sender.Sent[^1].Datagram;
        _peer.LoseAnswers();
        _world.Start();
        _world.Run();

        Assert.Equal(asked, _world.Sender.Sent[^1].Datagram);
        Assert.Contains(_peer.Listen(), one => one is InitiatorEvent.PeerAsked);
        Assert.Contains(_peer.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);
    }

    [Fact]
    public void A_peer_that_never_answers_is_given_up_and_its_address_is_free()
    {
        IkeSpi spi = _peer.OurSpi;
        _world.Pass(TimeSpan.FromMinutes(10));

        Assert.True(_world.Store.Row(spi)!.IsTombstone);
        Assert.Equal(EndCause.NoAnswer, Assert.Single(_world.Events.Story.OfType<SaEvent.Ended>()).Cause);
        Assert.Equal(0, _world.Pools.Stats()[0].Held);
        Assert.Equal(0, _world.InMemory);
        Assert.Equal(0, _world.Loop.Counters.ChildSas);
    }

    public void Dispose()
    {
        _peer.Dispose();
        _world.Dispose();
    }
}
