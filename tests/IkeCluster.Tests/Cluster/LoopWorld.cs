using System.Collections.Immutable;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster;

/// <summary>
/// A node's loops without node: the real front door, loops, pools and outbox, between a scripted machine, a store in
/// memory and recorded egress. The test turns the crank and the clock.
/// </summary>
internal sealed class LoopWorld : IDisposable
{
    private readonly ClusterKeys _keys = ClusterKeys.From([(1, SecretBytes.CopyOf([.. Enumerable.Range(0, 32).Select(i => (byte)i)]))]);
    private readonly int _loopCount;
    private readonly int _shards;
    private readonly LoopOptions _options;
    private ulong _nextPeer = 1;
    private ulong _starts;

    private readonly AdmissionSettings _admission;
    private readonly ISaMachine _machine;
    private readonly ISlowWork _work;
    private readonly PolicySet _policy;

    public LoopWorld(
        int loops = 1, int shards = 4, LoopOptions? options = null, ISaMachine? machine = null, PolicySet? policy = null,
        ISlowWork? work = null, AdmissionSettings? admission = null)
    {
        _admission = admission ?? AdmissionSettings.Default;
        _loopCount = loops;
        _shards = shards;
        _machine = machine ?? Machine;
        _work = work ?? Work;
        _policy = policy ?? new PolicySet([], [Pool], [], TrustAnchors.From([]), new IkeTimes());
        _options = options ?? new LoopOptions();
        Seal = new SpiSeal(_keys);
        HalfOpen = new HalfOpenBudget(_admission);
        Start();
    }

    /// <summary>The engine itself, with a road warrior's configuration and sums done at once.</summary>
    public static LoopWorld WithRealEngine(ConnectionPolicy? connection = null, int loops = 1) =>
        WithRealEngine(Policies.Of(connection ?? Policies.RoadWarrior), loops);

    public static LoopWorld WithRealEngine(PolicySet policy, int loops = 1, AdmissionSettings? admission = null) =>
        new(loops, machine: new EngineMachine(), policy: policy, work: new InlineWork(), admission: admission);

    public Instant Now { get; private set; } = new(1_790_000_000_000_000);

    public ScriptedMachine Machine { get; } = new();

    public ScriptedStore Store { get; } = new();

    public RecordedEvents Events { get; } = new();

    public RecordedSender Sender { get; } = new();

    public ScriptedWork Work { get; } = new();

    public PacketPool Packets { get; } = new();

    public SpiSeal Seal { get; }

    public HalfOpenBudget HalfOpen { get; }

    public ImmutableArray<EventLoop> Loops { get; private set; } = [];

    public ShardMap Map { get; private set; } = ShardMap.Empty;

    public AddressPools Pools { get; private set; } = new([], []);

    public EventLoop Loop => Loops[0];

    /// <summary>Survives a restart of the loops, as a kernel would.</summary>
    public CountingDataPlane DataPlane { get; } = new();

    public SaDirectory Directory => new(Map, Seal, Store, _machine);

    public long Established => Loops.Sum(loop => loop.Counters.Established);

    public long InMemory => Loops.Sum(loop => loop.Counters.InMemory);

    public static PoolPolicy Pool => new() { Name = "rw4", Addrs = [new AddressRange(Address("10.0.0.1"), Address("10.0.0.200"))] };

    /// <summary>A new process on the same store: nothing in memory is left.</summary>
    public void Start()
    {
        foreach (EventLoop loop in Loops)
        {
            loop.Dispose();
        }

        _starts++;
        var sources = new SourceBudget(_admission, hashKey: 1);
        ImmutableArray<ShardClaim> claims = Store.Claim(_shards);
        Pools = new AddressPools(_policy.Pools, Store.Leases);
        Loops = [.. Enumerable.Range(0, _loopCount).Select(i => Make(new FrontDoor(_keys, Seal, sources, HalfOpen), (ulong)i))];
        Map = new ShardMap(claims, Loops);
        foreach (EventLoop loop in Loops)
        {
            loop.Own(Map, Pools);
        }
    }

    public ScriptedPeer NewPeer() => new(this, _nextPeer++);

    /// <summary>A peer that has logged in.</summary>
    public ScriptedPeer Login()
    {
        ScriptedPeer peer = NewPeer();
        peer.Init();
        peer.Ask(Wish.Login);
        Assert.False(peer.LocalSpi.IsZero);
        return peer;
    }

    public void Receive(DatagramPath path, byte[] datagram, int loop = 0)
    {
        Loops[loop].StartBatch(Now);
        Loops[loop].Receive(path, datagram.ToArray());
        Run();
    }

    /// <summary>Turns every loop until none has more to do at this time.</summary>
    public void Run()
    {
        for (int turn = 0; Loops.Count(loop => loop.RunOnce(Now) <= Now) + Loops.Sum(loop => loop.MailboxDepth) > 0; turn++)
        {
            Assert.InRange(turn, 0, 10_000);
        }
    }

    /// <summary>Lets time pass, with a turn at every deadline on the way.</summary>
    public void Pass(TimeSpan span)
    {
        Instant end = Now + span;
        while (Now < end)
        {
            Instant next = end;
            foreach (EventLoop loop in Loops)
            {
                Instant deadline = loop.RunOnce(Now);
                next = deadline > Now && deadline < next ? deadline : next;
            }

            Now = next;
            Run();
        }
    }

    public void Dispose()
    {
        foreach (EventLoop loop in Loops)
        {
            loop.Dispose();
        }

        Seal.Dispose();
        _keys.Dispose();
        Assert.Equal(0, Packets.Outstanding);
    }

    private EventLoop Make(FrontDoor door, ulong index)
    {
        var ports = new LoopPorts
        {
            Store = Store,
            Sender = Sender,
            SlowWork = _work,
            Installer = DataPlane,
            Events = Events,
            Waker = new NoWaker(),
            Entropy = new TestRandom((_starts << 8) + index),
        };
        return new EventLoop(_options, ports, door, Seal, _policy, Packets, Now, _machine);
    }

    internal static IpAddress Address(string text) => IpAddress.TryParse(text, out IpAddress address) ? address : default;

    private sealed class NoWaker : ILoopWaker
    {
        public void Wake()
        {
        }
    }
}

internal sealed class RecordedSender : IDatagramSender
{
    public List<(DatagramPath Path, byte[] Datagram)> Sent { get; } = [];

    /// <summary>Looks at each datagram as it leaves.</summary>
    public Action<byte[]> IsWatching { get; set; } = _ => { };

    public bool Send(DatagramPath path, ReadOnlySpan<byte> message)
    {
        IsWatching(message.ToArray());
        Sent.Add((path, message.ToArray()));
        return true;
    }
}

/// <summary>Real sums, where they are asked for.</summary>
internal sealed class InlineWork : ISlowWork
{
    public bool TryStart(SlowWork work, Action<WorkResult> done)
    {
        done(SlowWorkRunner.Run(work));
        return true;
    }
}

/// <summary>Sums that are done at once, held back, or refused for lack of room.</summary>
internal sealed class ScriptedWork : ISlowWork
{
    private readonly Queue<Action> _held = [];

    public bool IsHolding { get; set; }

    public bool IsFull { get; set; }

    public bool TryStart(SlowWork work, Action<WorkResult> done)
    {
        if (IsFull)
        {
            return false;
        }

        var result = new WorkResult.Signed([]);
        if (IsHolding)
        {
            _held.Enqueue(() => done(result));
        }
        else
        {
            done(result);
        }

        return true;
    }

    /// <summary>The held answers, as messages to the loop that asked.</summary>
    public IEnumerable<LoopMessage> Release()
    {
        while (_held.TryDequeue(out Action? answer))
        {
            yield return new LoopMessage.Call(answer);
        }
    }
}

/// <summary>A peer of <see cref="ScriptedMachine"/>: it asks, repeats, and sees what came back for it.</summary>
internal sealed class ScriptedPeer(LoopWorld world, ulong number)
{
    private byte[] _last = [];
    private MessageId _next = MessageId.Zero;

    public IkeSpi PeerSpi { get; } = new(0x1111_0000_0000_0000 + number);

    public IkeSpi LocalSpi { get; set; }

    public DatagramPath Path { get; set; } = new(
        new UdpEndpoint(new IpAddress(LoopWorld.Address("192.0.2.0").Value + number), 500),
        new UdpEndpoint(LoopWorld.Address("198.51.100.1"), 500),
        NonEspMarker: false);

    public int Loop { get; set; }

    public SaKey Key => world.Seal.TryOpen(LocalSpi, out ShardId shard) ? new SaKey(shard, LocalSpi) : default;

    /// <summary>Sends IKE_SA_INIT and takes our SPI from the answer.</summary>
    public byte[]? Init(byte nonce = 7)
    {
        _next = new MessageId(1);
        byte[]? reply = Send(InitRequest(nonce));
        if (reply is not null && IkeHeader.TryRead(reply, out IkeHeader header))
        {
            LocalSpi = header.ResponderSpi;
        }

        return reply;
    }

    public byte[] InitRequest(byte nonce = 7)
    {
        byte[] buffer = new byte[512];
        var writer = new PayloadWriter(buffer.AsSpan(IkeHeader.Octets));
        writer.Sa(ProposalText.DefaultIkeAead, []);
        writer.Ke(KeyExchangeMethod.Curve25519, new byte[32]);
        writer.Nonce(Enumerable.Repeat(nonce, 32).ToArray());
        int length = IkeHeader.Octets + writer.Written;
        IkeHeader.Write(buffer, PeerSpi, IkeSpi.Zero, writer.First, ExchangeType.IkeSaInit, HeaderFlags.Initiator, MessageId.Zero, (uint)length);
        return buffer[..length];
    }

    /// <summary>Sends the next request; the answer, or null where none came.</summary>
    public byte[]? Ask(Wish wish)
    {
        byte[] request = Request(this, wish, _next.Value);
        _next = _next.Next;
        return Send(request);
    }

    /// <summary>Sends another request under the ID of the last one, which has no answer yet.</summary>
    public byte[]? AskInstead(Wish wish) => Send(Request(this, wish, _next.Value - 1));

    public static byte[] Request(ScriptedPeer peer, Wish wish, uint id)
    {
        byte[] request = new byte[IkeHeader.Octets + 1];
        ExchangeType exchange = wish == Wish.Login ? ExchangeType.IkeAuth : ExchangeType.Informational;
        IkeHeader.Write(
            request, peer.PeerSpi, peer.LocalSpi, PayloadType.Encrypted, exchange, HeaderFlags.Initiator, new MessageId(id), (uint)request.Length);
        request[IkeHeader.Octets] = (byte)wish;
        return request;
    }

    public byte[]? Repeat() => Send(_last);

    /// <summary>The last request has no answer yet.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>Liveness under the ID that has no answer yet, or else under the next one.</summary>
    public byte[]? Resume() => IsWaiting ? AskInstead(Wish.Liveness) : Ask(Wish.Liveness);

    /// <summary>What was sent to this peer since a point in the record.</summary>
    public byte[]? HeardSince(int sent) =>
        world.Sender.Sent.Skip(sent).LastOrDefault(one => one.Path.Remote == Path.Remote).Datagram;

    private byte[]? Send(byte[] datagram)
    {
        _last = datagram;
        int sent = world.Sender.Sent.Count;
        world.Receive(Path, datagram, Loop);
        byte[]? answer = HeardSince(sent);
        IsWaiting = answer is null;
        return answer;
    }
}
