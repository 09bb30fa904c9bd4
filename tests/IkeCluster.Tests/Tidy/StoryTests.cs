using IkeCluster.Engine;
using IkeCluster.Net.Ingress;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Cluster;

namespace IkeCluster.Tests.Tidy;

/// <summary>
/// One IKE_AUTH request walks through every chapter that README.md tells, between a pipe that no socket fills and an
/// egress that no socket empties: the page cannot go stale unseen.
/// </summary>
public sealed class StoryTests : IDisposable
{
    private readonly LoopWorld _world = LoopWorld.WithRealEngine();
    private readonly RealPeer _peer;
    private readonly DatagramPipe _pipe = new(blocksMax: 1);

    public StoryTests() => _peer = new RealPeer(_world, seed: 1);

    [Fact]
    public void The_story_of_a_datagram()
    {
        OutgoingMessage request = IkeAuthOf(_peer.Initiator);

        // 2: it is framed, path and length in front of it.
        Memory<byte> slot = _pipe.Room()[..DatagramFrame.Stride];
        request.Message.CopyTo(slot.Span[DatagramFrame.HeaderOctets..]);
        DatagramFrame.Write(slot.Span, RealPeer.Reverse(request.Path), request.Message.Length);
        _pipe.Commit(slots: 1);

        // 3 to 7: judged, brought home, opened and understood, on the octets that the pipe lends. 8: not remembered yet.
        _world.Store.IsHolding = true;
        int sent = _world.Sender.Sent.Count;
        _world.Loop.StartBatch(_world.Now);
        Assert.Equal(1, _pipe.Deliver(_world.Loop));
        _world.Loop.RunOnce(_world.Now);
        Assert.Empty(_world.Events.Drops);
        Assert.Equal(0, _world.Packets.Outstanding);
        Assert.Equal(1, _world.Loop.Counters.CommitsWaiting);
        Assert.Equal(sent, _world.Sender.Sent.Count);
        Assert.Empty(_world.Events.Story.OfType<SaEvent.Established>());

        // 8: it is remembered; 9: now it is answered, the way it came.
        _world.Store.Release();
        _world.Loop.RunOnce(_world.Now);
        (DatagramPath way, byte[] answer) = Assert.Single(_world.Sender.Sent.Skip(sent));
        Assert.Equal(RealPeer.Reverse(request.Path), way);
        Assert.Single(_world.Store.LiveRows);
        Assert.Single(_world.Events.Story.OfType<SaEvent.Established>());
        Assert.Equal(["ike_sa_init", "ike_auth"], _world.Events.Timed);

        // And the peer believes it.
        InitiatorStep end = _peer.Initiator.Receive(answer, _world.Now);
        Assert.NotNull(end.Single<InitiatorEvent.Established>());
        Assert.NotNull(end.Single<InitiatorEvent.ChildEstablished>());
    }

    /// <summary>IKE_SA_INIT is through; IKE_AUTH is not sent yet.</summary>
    private OutgoingMessage IkeAuthOf(IkeInitiator initiator)
    {
        OutgoingMessage init = Assert.Single(initiator.Start(_world.Now).Send);
        _world.Receive(RealPeer.Reverse(init.Path), init.Message);
        OutgoingMessage auth = Assert.Single(initiator.Receive(_world.Sender.Sent[^1].Datagram, _world.Now).Send);
        Assert.True(IkeHeader.TryRead(auth.Message, out IkeHeader header));
        Assert.Equal(ExchangeType.IkeAuth, header.Exchange);
        return auth;
    }

    public void Dispose()
    {
        _pipe.Dispose();
        _peer.Dispose();
        _world.Dispose();
    }
}
