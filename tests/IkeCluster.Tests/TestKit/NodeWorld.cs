using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.TestKit;

/// <summary>The initiator, logged in at the real engine, which may act of its own; it is the one called other.</summary>
internal sealed class NodeWorld : IHeldWire
{
    private readonly List<byte[]> _toDialer = [];
    private readonly List<byte[]> _toOther = [];

    public NodeWorld(InitiatorSettings? settings = null, string esp = "aes256gcm16", ulong seed = 7)
    {
        Node = new EngineWorld(seed, [EngineWorld.Psk() with { Children = [EngineWorld.Child("net", esp)] }]);
        Dialer = Node.Client(settings ?? PeersWorld.Alice);
        Node.Login(Dialer);
        First = Dialer.Children[0];
    }

    public EngineWorld Node { get; }

    public IkeInitiator Dialer { get; }

    /// <summary>The child of the login.</summary>
    public InitiatorChild First { get; }

    public List<InitiatorEvent> Learned { get; } = [];

    public int ToDialer => _toDialer.Count;

    public int ToOther => _toOther.Count;

    /// <summary>All that happened, in order.</summary>
    public List<string> Story { get; } = [];

    public string Transcript => string.Join('\n', Story);

    private Instant Now => Node.Clock.Now;

    public void ByDialer(Func<IkeInitiator, Instant, InitiatorStep> act)
    {
        InitiatorStep step = act(Dialer, Now);
        _toOther.AddRange(step.Send.Select(sent => sent.Message));
        Learned.AddRange(step.Events);
        Story.Add($"dialer: {string.Join(", ", step.Events.Select(PeersWorld.Brief))} -> {string.Join(", ", step.Send.Select(sent => PeersWorld.Brief(sent.Message)))}");
    }

    /// <summary>The node does something, if its SA is still there; what it sends is on the wire.</summary>
    public void ByNode(Action act)
    {
        (int sent, int told) = (Node.Sent.Count, Node.Events.Count);
        act();
        _toDialer.AddRange(Node.Sent[sent..]);
        Story.Add($"  node: {string.Join(", ", Node.Events[told..].Select(told => told.GetType().Name))} -> {string.Join(", ", Node.Sent[sent..].Select(PeersWorld.Brief))}");
    }

    /// <summary>The rekey time of its child comes.</summary>
    public void NodeRekeysChild() => ByNode(() =>
    {
        ChildSa child = Node.Sa.Children.Single(one => !one.IsRekeyed);
        Fire(Node.Sa with { Children = Node.Sa.Children.Replace(child, child with { RekeyAt = Now }) });
    });

    /// <summary>The rekey time of its IKE SA comes.</summary>
    public void NodeRekeysIke() => ByNode(() => Fire(Node.Sa with { Facts = Node.Sa.Facts! with { RekeyAt = Now } }));

    public void NodeDeletes(string? child) => ByNode(() => Node.Turn(Node.Sa, new IkeInput.Terminate(child)));

    public void DeliverToDialer(int which = 0)
    {
        byte[] datagram = TakeOff(_toDialer, which);
        ByDialer((dialer, now) => dialer.Receive(datagram, now));
    }

    public void DeliverToOther(int which = 0)
    {
        byte[] datagram = TakeOff(_toOther, which);
        ByNode(() => Node.Receive(EngineWorld.SeenByUs(Dialer.Path), datagram));
    }

    public void LoseToDialer() => TakeOff(_toDialer, 0);

    public void LoseToOther() => TakeOff(_toOther, 0);

    /// <summary>Until both are silent and wait for nothing, with as many repeats as that takes.</summary>
    public void Settle()
    {
        for (int i = 0; i < 10; i++)
        {
            while (ToDialer + ToOther > 0)
            {
                Action<int> deliver = ToDialer > 0 ? DeliverToDialer : DeliverToOther;
                deliver(0);
            }

            // A request that is not sent again is only listened for: nothing waits for its answer.
            ImmutableArray<Instant> repeats =
            [
                .. Node.Sas.Values.Select(sa => sa.Own.Pending?.RetransmitAt ?? Instant.Never).Where(at => at != Instant.Never),
            ];
            if (!Dialer.IsBusy && repeats.IsEmpty)
            {
                return;
            }

            Node.Clock.AdvanceTo(repeats.Append(Dialer.WakeAt).Min());
            ByDialer((dialer, now) => dialer.Tick(now));
            ByNode(() => Node.Sas.Values.Where(sa => sa.Own.Pending?.RetransmitAt <= Now).ToList().ForEach(Fire));
        }

        Assert.Fail("they never come to rest\n" + Transcript);
    }

    /// <summary>Both are in the same IKE SA with the same children and keys, or both in none; nothing else is left.</summary>
    public void AssertAgreed()
    {
        ImmutableArray<IkeSpi> established = [.. Node.Sas.Values.Where(sa => sa.Phase == SaPhase.Established).Select(sa => sa.LocalSpi)];
        Assert.True(established.SequenceEqual(Dialer.Sa is { } sa ? [sa.PeerSpi] : []), $"{established.Length} established\n{Transcript}");
        if (Dialer.Sa is null)
        {
            return;
        }

        IkeSaState node = Node.Sa;
        Assert.Equal((Dialer.Sa.LocalSpi, !Dialer.Sa.IsInitiator), (node.PeerSpi, node.Facts!.IsInitiator));
        IEnumerable<string> theirs = node.Children.Select(child => $"{child.OutboundSpi}<{child.InboundSpi} {!child.IsInitiator} {PeersWorld.Hex(child.Keys)}");
        IEnumerable<string> ours = Dialer.Children.Select(child => $"{child.InboundSpi}<{child.OutboundSpi} {child.IsInitiator} {PeersWorld.Hex(child.Keys)}");
        Assert.True(ours.Order(StringComparer.Ordinal).SequenceEqual(theirs.Order(StringComparer.Ordinal)), Transcript);
        Assert.Equal(Dialer.Children.Select(child => child.OutboundSpi.Value).Order(), Node.Installed.Select(spi => spi.Value).Order());
        ByDialer((dialer, now) => dialer.CheckLiveness(now));
        Settle();
        Assert.Contains(new InitiatorEvent.LivenessAnswered(), Learned);
    }

    public void Dispose()
    {
        Dialer.Dispose();
        Node.Dispose();
    }

    private void Fire(IkeSaState state)
    {
        Node.Sas[state.LocalSpi] = state;
        Node.Turn(state, new IkeInput.TimerFired());
    }

    private static byte[] TakeOff(List<byte[]> wire, int which)
    {
        byte[] datagram = wire[which];
        wire.RemoveAt(which);
        return datagram;
    }
}
