using System.Collections.Immutable;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.Store;
using IkeCluster.Tests.Cluster;
using IkeCluster.Tests.Crypto.Certificates;

namespace IkeCluster.Fuzz.World;

/// <summary>A node without sockets: the real front door, event loop, engine and memory store, turned by hand.</summary>
internal sealed class FuzzWorld : IDisposable
{
    private const int Shards = 4;
    private const int TurnsMax = 10_000;

    private readonly ClusterKeys _keys = ClusterKeys.From([(1, SecretBytes.CopyOf([.. Enumerable.Range(0, 32).Select(i => (byte)i)]))]);
    private readonly CloningMachine _machine = new();
    private readonly SpiSeal _seal;
    private readonly ShardMap _map;
    private ulong _clones;

    public FuzzWorld(ulong seed, PolicySet policy, AdmissionSettings? admission = null, TimeSpan? passivateAfter = null)
    {
        AdmissionSettings settings = admission ?? AdmissionSettings.Default with { Cookies = CookieMode.Never, InitRatePerSource = 1_000_000 };
        var ports = new LoopPorts
        {
            Store = Store,
            Sender = Watch,
            SlowWork = new InlineWork(),
            Installer = new NoInstaller(),
            Events = Watch,
            Waker = new NoWaker(),
            Entropy = new TestRandom(seed),
        };
        _seal = new SpiSeal(_keys);
        HalfOpen = new HalfOpenBudget(settings);
        var door = new FrontDoor(_keys, _seal, new SourceBudget(settings, hashKey: 1), HalfOpen);
        var options = new LoopOptions { PassivateAfter = passivateAfter ?? TimeSpan.FromMinutes(10) };
        Loop = new EventLoop(options, ports, door, _seal, policy, Packets, Now, _machine);
        ImmutableArray<ShardClaim> claims = AtOnce(Store.ClaimAsync("fuzz", Shards, CancellationToken.None));
        Pools = new AddressPools(policy.Pools, AtOnce(Store.ListLeasesAsync(CancellationToken.None)));
        _map = new ShardMap(claims, [Loop]);
        Loop.Own(_map, Pools);
        Turn();
    }

    /// <summary>When every world begins, those too that stages are recorded in.</summary>
    public static Instant Start => TestAuthority.Now;

    public Instant Now { get; private set; } = Start;

    public Watch Watch { get; } = new();

    public MemoryShardStore Store { get; } = new();

    public PacketPool Packets { get; } = new();

    public HalfOpenBudget HalfOpen { get; }

    public AddressPools Pools { get; }

    public EventLoop Loop { get; }

    public StageRecorder? Recorder
    {
        get => _machine.Recorder;
        set => _machine.Recorder = value;
    }

    /// <summary>The states of all SAs in memory, half-open ones too.</summary>
    public IEnumerable<IkeSaState> InMemory =>
        Enumerable.Range(0, Shards).SelectMany(id => ShardOf((ushort)id).Actors.Values).Select(actor => actor.State);

    /// <summary>SAs that have a row, in memory or not.</summary>
    public int Live => Enumerable.Range(0, Shards).Sum(id => ShardOf((ushort)id).Live.Count);

    /// <summary>Null where the SA is gone or asleep.</summary>
    public IkeSaState? Find(IkeSpi spi) =>
        _seal.TryOpen(spi, out ShardId shard) && ShardOf(shard.Value).Actors.TryGetValue(spi, out SaActor? actor) ? actor.State : null;

    /// <summary>The SA has a row.</summary>
    public bool IsLive(IkeSpi spi) => _seal.TryOpen(spi, out ShardId shard) && ShardOf(shard.Value).Live.Contains(spi);

    /// <summary>An established SA in the state of the stage, under an SPI of its own.</summary>
    public IkeSaState Clone(Stage stage, bool isCatchingUp = false)
    {
        _machine.AreClonesCatchingUp = isCatchingUp;
        var source = new UdpEndpoint(IpAddress.V4(0xc0a80000 | (uint)(_clones++ & 0xffff)), 500);
        byte[] init = Stages.PlainInit.ToArray();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(init, stage.PeerSpi.Value);
        _machine.ToClone = stage.Snapshot;
        Receive(new DatagramPath(source, new UdpEndpoint(IpAddress.V4(0xc6336401), 500), false), init);
        _machine.ToClone = null;
        return Find(_machine.LastClone) ?? throw new InvalidOperationException("a clone was not let in");
    }

    /// <summary>One datagram, marker and all, and everything that follows from it.</summary>
    public void Receive(DatagramPath path, ReadOnlySpan<byte> datagram)
    {
        Watch.Begin();
        Loop.StartBatch(Now);
        Loop.Receive(path, datagram.ToArray());
        Turn();
    }

    /// <summary>An IKE message as it stands in the datagram that carries it: behind a marker on the NAT-T port (RFC 3948 §2.2).</summary>
    public static byte[] Datagram(DatagramPath path, byte[] message) => path.NonEspMarker ? [0, 0, 0, 0, .. message] : message;

    /// <summary>Lets time pass, with a turn at every deadline on the way.</summary>
    public void Pass(TimeSpan span)
    {
        Instant end = Now + span;
        while (Now < end)
        {
            Instant next = Loop.RunOnce(Now);
            Now = next > Now && next < end ? next : end;
            Turn();
        }
    }

    /// <summary>Time goes on, and deadlines are met later.</summary>
    public void Tick(TimeSpan span) => Now += span;

    public void Terminate(IkeSpi spi, string? child = null)
    {
        Loop.TryPost(new LoopMessage.Terminate(spi, child, new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously)));
        Turn();
    }

    public void Dispose()
    {
        Loop.Dispose();
        _seal.Dispose();
        _keys.Dispose();
    }

    private void Turn()
    {
        int turns = 0;
        while (Loop.RunOnce(Now) <= Now || Loop.MailboxDepth > 0)
        {
            if (++turns > TurnsMax)
            {
                Watch.Object($"the loop has more to do after {TurnsMax} turns");
                return;
            }
        }
    }

    private Shard ShardOf(ushort id) => Loop.ShardOf(new SaKey(new ShardId(id), default))!;

    // The store in memory answers at once.
    private static T AtOnce<T>(ValueTask<T> answer) => answer.AsTask().GetAwaiter().GetResult();

    private sealed class NoInstaller : IChildSaInstaller
    {
        public void Install(ChildSa child, DatagramPath path)
        {
        }

        public void Move(ChildSa child, DatagramPath path)
        {
        }

        public void Remove(ChildSa child)
        {
        }
    }

    private sealed class NoWaker : ILoopWaker
    {
        public void Wake()
        {
        }
    }
}
