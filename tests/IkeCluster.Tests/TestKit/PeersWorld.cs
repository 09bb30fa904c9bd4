using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Protocol.Message;
using IkeCluster.TestKit;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.TestKit;

/// <summary>Two initiators with an SA between them.</summary>
internal sealed class PeersWorld : IHeldWire
{
    private readonly List<byte[]> _toDialer = [];
    private readonly List<byte[]> _toOther = [];

    public PeersWorld(InitiatorSettings? settings = null, ulong seed = 3)
    {
        (Dialer, Other) = IkeInitiator.Pair(settings ?? Alice, new SeededEntropy(seed), EngineWorld.ClientPath);
        (First, Second) = (Dialer.Children[0], Other.Children[0]);
    }

    public static InitiatorSettings Alice { get; } = EngineWorld.Alice() with { EspProposals = [Policies.Esp("aes256gcm16")] };

    public ManualClock Clock { get; } = new();

    public IkeInitiator Dialer { get; }

    public IkeInitiator Other { get; }

    /// <summary>The child of the login, at the dialer's end and at the other's.</summary>
    public InitiatorChild First { get; }

    public InitiatorChild Second { get; }

    public List<InitiatorEvent> DialerLearned { get; } = [];

    public List<InitiatorEvent> OtherLearned { get; } = [];

    /// <summary>Datagrams under way in either direction.</summary>
    public int ToDialer => _toDialer.Count;

    public int ToOther => _toOther.Count;

    public void ByDialer(Func<IkeInitiator, InitiatorStep> act) => Take(act(Dialer), _toOther, DialerLearned);

    public void ByOther(Func<IkeInitiator, InitiatorStep> act) => Take(act(Other), _toDialer, OtherLearned);

    public void DeliverToDialer(int which = 0) => ByDialer(dialer => dialer.Receive(TakeOff(_toDialer, which), Clock.Now));

    public void DeliverToOther(int which = 0) => ByOther(other => other.Receive(TakeOff(_toOther, which), Clock.Now));

    public void LoseToDialer() => TakeOff(_toDialer, 0);

    public void LoseToOther() => TakeOff(_toOther, 0);

    public void Lose()
    {
        _toDialer.Clear();
        _toOther.Clear();
    }

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

            if (!Dialer.IsBusy && !Other.IsBusy)
            {
                return;
            }

            Clock.AdvanceTo(Dialer.WakeAt < Other.WakeAt ? Dialer.WakeAt : Other.WakeAt);
            ByDialer(dialer => dialer.Tick(Clock.Now));
            ByOther(other => other.Tick(Clock.Now));
        }

        Assert.Fail("they never come to rest\n" + Transcript);
    }

    public string Transcript =>
        $"dialer: {string.Join("; ", DialerLearned.Select(Brief))}\nother: {string.Join("; ", OtherLearned.Select(Brief))}";

    /// <summary>Both are in the same IKE SA with the same children, or both in none.</summary>
    public void AssertAgreed()
    {
        Assert.True(Dialer.Sa is null == Other.Sa is null, Transcript);
        Assert.True(Dialer.Sa?.LocalSpi == Other.Sa?.PeerSpi && Dialer.Sa?.PeerSpi == Other.Sa?.LocalSpi, Transcript);
        ImmutableArray<string> ours = [.. Dialer.Children.Select(child => $"{child.InboundSpi}<{child.OutboundSpi} {child.IsInitiator} {Hex(child.Keys)}").Order(StringComparer.Ordinal)];
        ImmutableArray<string> theirs = [.. Other.Children.Select(child => $"{child.OutboundSpi}<{child.InboundSpi} {!child.IsInitiator} {Hex(child.Keys)}").Order(StringComparer.Ordinal)];
        Assert.True(ours.SequenceEqual(theirs), Transcript);
        if (Dialer.Sa is not null)
        {
            ByDialer(dialer => dialer.CheckLiveness(Clock.Now));
            ByOther(other => other.CheckLiveness(Clock.Now));
            Settle();
            Assert.True(DialerLearned.OfType<InitiatorEvent.LivenessAnswered>().Any() && OtherLearned.OfType<InitiatorEvent.LivenessAnswered>().Any(), Transcript);
        }
    }

    /// <summary>A datagram in a word or two.</summary>
    internal static string Brief(byte[] message)
    {
        IkeHeader.TryRead(message, out IkeHeader header);
        return $"{header.Exchange} {(header.IsResponse ? "answer" : "request")} {header.MessageId} of {header.InitiatorSpi.Value & 0xffff:x4}";
    }

    /// <summary>An event without its SAs.</summary>
    internal static string Brief(InitiatorEvent happened) => happened switch
    {
        InitiatorEvent.IkeRekeyed rekeyed => $"IkeRekeyed {rekeyed.Sa.InitiatorSpi.Value & 0xffff:x4} {rekeyed.ByPeer}",
        InitiatorEvent.ChildRekeyed rekeyed => $"ChildRekeyed {rekeyed.Old.OutboundSpi} to {rekeyed.New.OutboundSpi} {rekeyed.ByPeer}",
        InitiatorEvent.ChildEstablished made => $"ChildEstablished {made.Child.OutboundSpi}",
        InitiatorEvent.ChildDeleted gone => $"ChildDeleted {gone.Child.OutboundSpi} {gone.ByPeer}",
        _ => $"{happened}",
    };

    internal static string Hex(ChildKeys keys) => string.Join(
        '/',
        new[] { keys.EncryptionInitiator, keys.IntegrityInitiator, keys.EncryptionResponder, keys.IntegrityResponder }
            .Select(key => Convert.ToHexStringLower(key.Reveal())));

    public void Dispose()
    {
        Dialer.Dispose();
        Other.Dispose();
    }

    private static byte[] TakeOff(List<byte[]> wire, int which)
    {
        byte[] datagram = wire[which];
        wire.RemoveAt(which);
        return datagram;
    }

    private static void Take(InitiatorStep step, List<byte[]> wire, List<InitiatorEvent> learned)
    {
        wire.AddRange(step.Send.Select(sent => sent.Message));
        learned.AddRange(step.Events);
    }
}
