using IkeCluster.Crypto;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster;

/// <summary>The sans-IO initiator of TestKit, wired to the loops of a <see cref="LoopWorld"/>.</summary>
internal sealed class RealPeer : IDisposable
{
    private const int DatagramsMax = 1000;

    private readonly LoopWorld _world;
    private readonly IkeInitiator _initiator;
    private readonly List<(DatagramPath Path, byte[] Datagram)> _sent = [];
    private int _heard;

    /// <summary>A road warrior that has said nothing yet.</summary>
    /// <param name="world">The responder's loops.</param>
    /// <param name="seed">Of its random numbers, and its address too unless <paramref name="host"/> says another.</param>
    /// <param name="identity">Who it claims to be.</param>
    /// <param name="change">What it does otherwise than a road warrior.</param>
    /// <param name="host">Peers of one host share address and port.</param>
    public RealPeer(
        LoopWorld world, ulong seed, string identity = "alice@example.org", Func<InitiatorSettings, InitiatorSettings>? change = null,
        ulong? host = null)
    {
        var here = new UdpEndpoint(new IpAddress(LoopWorld.Address("203.0.113.0").Value + (host ?? seed)), 500);
        var there = new UdpEndpoint(LoopWorld.Address("198.51.100.1"), 500);
        var settings = new InitiatorSettings
        {
            LocalId = Policies.Id(identity),
            RemoteId = Policies.Id("vpn.example.org"),
            Proof = new InitiatorProof.SharedKey(SecretBytes.CopyOf(System.Text.Encoding.UTF8.GetBytes(Policies.Secret))),
            WantsIpv4 = true,
            WantsIpv6 = true,
        };
        _world = world;
        _heard = world.Sender.Sent.Count;
        _initiator = new IkeInitiator(change?.Invoke(settings) ?? settings, new SeededEntropy(seed).FillSecret, new DatagramPath(there, here, NonEspMarker: false));
    }

    public IkeInitiator Initiator => _initiator;

    /// <summary>The loop that its datagrams enter by.</summary>
    public int Loop { get; init; }

    /// <summary>Its virtual addresses, as it has them.</summary>
    public string Addresses => string.Join(' ', _initiator.Sa!.VirtualIps);

    /// <summary>The datagram sent last, marker and all.</summary>
    public byte[] LastSent => _sent[^1].Datagram;

    /// <summary>Of the SA that it has, or had last.</summary>
    public IkeSpi OurSpi { get; private set; }

    /// <summary>Everything that follows from one step, until both sides are silent.</summary>
    public List<InitiatorEvent> Run(Func<IkeInitiator, Instant, InitiatorStep> ask) => Follow(ask(_initiator, _world.Now));

    public List<InitiatorEvent> Login() => Run((initiator, now) => initiator.Start(now));

    public List<InitiatorEvent> CheckLiveness() => Run((initiator, now) => initiator.CheckLiveness(now));

    /// <summary>Sends again what has no answer yet, when its time has come.</summary>
    public List<InitiatorEvent> Tick() => Run((initiator, now) => initiator.Tick(now));

    /// <summary>Hears what the responder has sent meanwhile, without saying anything first.</summary>
    public List<InitiatorEvent> Listen() => Follow(new InitiatorStep([], []));

    public void Dispose() => _initiator.Dispose();

    private List<InitiatorEvent> Follow(InitiatorStep first)
    {
        List<InitiatorEvent> learned = [.. first.Events];
        var toSend = new Queue<OutgoingMessage>(first.Send);
        for (int i = 0; toSend.Count > 0 || _heard < _world.Sender.Sent.Count; i++)
        {
            Assert.InRange(i, 0, DatagramsMax);
            if (toSend.TryDequeue(out OutgoingMessage? message))
            {
                Send(message);
                continue;
            }

            (DatagramPath path, byte[] datagram) = _world.Sender.Sent[_heard++];
            if (path.Remote.Address == _initiator.Path.Local.Address)
            {
                InitiatorStep step = _initiator.Receive(datagram, _world.Now);
                OurSpi = _initiator.Sa?.ResponderSpi ?? OurSpi;
                learned.AddRange(step.Events);
                step.Send.ToList().ForEach(toSend.Enqueue);
            }
        }

        return learned;
    }

    /// <summary>What it has sent since this was asked last, as the responder sees it.</summary>
    public List<(DatagramPath Path, byte[] Datagram)> TakeSent()
    {
        List<(DatagramPath Path, byte[] Datagram)> taken = [.. _sent];
        _sent.Clear();
        return taken;
    }

    /// <summary>What has come for this peer so far is lost on the way.</summary>
    public void LoseAnswers() => _heard = _world.Sender.Sent.Count;

    private void Send(OutgoingMessage message)
    {
        byte[] datagram = message.Path.NonEspMarker ? [0, 0, 0, 0, .. message.Message] : message.Message;
        _sent.Add((Reverse(message.Path), datagram));
        _world.Receive(Reverse(message.Path), datagram, Loop);
    }

    /// <summary>The way of a datagram as its receiver sees it.</summary>
    public static DatagramPath Reverse(DatagramPath path) => new(path.Local, path.Remote, path.NonEspMarker);
}
