using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Cluster.Tracing;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Net;
using IkeCluster.Net.Egress;
using IkeCluster.Net.Ingress;
using IkeCluster.Net.Native;
using IkeCluster.Node.Configuration;
using IkeCluster.Node.Events;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node;

/// <summary>What the loops share.</summary>
internal sealed record LoopWorld(
    IShardStore Store, SlowWorkPool SlowWork, IChildSaInstaller Installer, ISaEvents Events, ClusterKeys Keys, SpiSeal Seal, IEntropy Entropy, NodeClock Clock);

/// <summary>The event loops of the node with their sockets and threads.</summary>
internal sealed class LoopSet : IAsyncDisposable
{
    private readonly ImmutableArray<Part> _parts;
    private readonly SourceBudget _sources;
    private readonly HalfOpenBudget _halfOpen;
    private bool _isStarted;
    private readonly IChildSaInstaller _installer;
    private RedirectPolicy _redirect;

    /// <summary>One loop for each set of sockets, none of them started.</summary>
    public LoopSet(LoopWorld world, NodeConfig config, ImmutableArray<SocketSet> sockets)
    {
        Span<byte> hashKey = stackalloc byte[sizeof(ulong)];
        world.Entropy.FillSecret(hashKey);
        _sources = new SourceBudget(config.Admission, BinaryPrimitives.ReadUInt64LittleEndian(hashKey));
        _halfOpen = new HalfOpenBudget(config.Admission);
        _redirect = config.Policy.Redirect;
        _installer = world.Installer;
        var packets = new PacketPool();
        _parts = [.. sockets.Select((set, i) => new Part(i, world, config.Policy, set, new FrontDoor(world.Keys, world.Seal, _sources, _halfOpen), packets))];
    }

    public ImmutableArray<EventLoop> Loops => [.. _parts.Select(part => part.Loop)];

    public long HalfOpen => _parts.Sum(part => part.Loop.Counters.HalfOpen);

    public long Established => _parts.Sum(part => part.Loop.Counters.Established);

    /// <summary>Clients are told to go elsewhere once the node drains, and need time to say goodbye.</summary>
    public bool SendsElsewhere => Volatile.Read(ref _redirect).ForNewClient(isDraining: true) is not null;

    public long ChildSas => _parts.Sum(part => part.Loop.Counters.ChildSas);

    /// <summary>What the data plane has counted for a Child SA.</summary>
    public ChildTraffic? CountOf(EspSpi inbound) => _installer.CountOf(inbound);

    public long CommitsWaiting => _parts.Sum(part => part.Loop.Counters.CommitsWaiting);

    /// <summary>Commits of some loop do not come through.</summary>
    public bool IsStoreAway => _parts.Any(part => part.Loop.Counters.IsStoreAway);

    public long DatagramsIn => _parts.Sum(part => part.Ingress.Received);

    public long DatagramsOut => _parts.Sum(part => part.Egress.Sent);

    /// <summary>Gives each loop its share of the shards and starts the threads.</summary>
    public void Start(ShardMap map, AddressPools pools)
    {
        foreach (Part part in _parts)
        {
            part.Loop.Own(map, pools);
        }

        foreach (Part part in _parts)
        {
            part.Thread.Start();
        }

        _isStarted = true;
    }

    /// <summary>Throws when a loop broke: a node that cannot serve some of its shards must not pretend to.</summary>
    /// <exception cref="NodeFaultException">A loop ended by a fault.</exception>
    public async Task WatchAsync(ILogger log)
    {
        try
        {
            await await Task.WhenAny(_parts.Select(part => part.Thread.Ended));
        }
        catch (Exception fault)
        {
            NodeLog.LoopFailed(log, fault);
            throw new NodeFaultException("an event loop broke, the log says how", fault);
        }
    }

    public void Trace(ISaTrace wanted, Instant until) => Post(new LoopMessage.Trace(wanted, until));

    public void Drain() => Post(new LoopMessage.Drain());

    public void Reconfigure(PolicySet policy, AdmissionSettings admission)
    {
        _sources.Apply(admission);
        _halfOpen.Apply(admission);
        Volatile.Write(ref _redirect, policy.Redirect);
        Post(new LoopMessage.Reconfigure(policy));
    }

    /// <summary>Ends the threads, each after the turn that it is in, and closes the sockets.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (Part part in _parts)
        {
            part.Thread.Stop();
        }

        if (_isStarted)
        {
            // One that broke has told so already; its neighbours still have to come to rest.
            await Task.WhenAll(_parts.Select(part => part.Thread.Ended)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (Part part in _parts)
        {
            part.Dispose();
        }
    }

    private void Post(LoopMessage message)
    {
        foreach (Part part in _parts)
        {
            Invariant.That(part.Loop.TryPost(message));
        }
    }

    /// <summary>One loop, its two ends of the network and its thread.</summary>
    private sealed class Part : IDisposable
    {
        private readonly SocketSet _sockets;
        private readonly EventFd _bell = new();
        private readonly FrontDoor _door;

        public Part(int index, LoopWorld world, PolicySet policy, SocketSet sockets, FrontDoor door, PacketPool packets)
        {
            (_sockets, _door) = (sockets, door);
            Egress = new SendQueue(sockets, world.Events.Dropped);
            Ingress = new UdpIngress(sockets, _bell, world.Events.Dropped);
            var ports = new LoopPorts
            {
                Store = world.Store,
                Sender = Egress,
                SlowWork = world.SlowWork.For(answer => Invariant.That(Loop!.TryPost(new LoopMessage.Call(answer)))),
                Installer = world.Installer,
                Events = world.Events,
                Waker = _bell,
                Entropy = world.Entropy,
            };
            Loop = new EventLoop(new LoopOptions(), ports, door, world.Seal, policy, packets, world.Clock.Now);
            Thread = new LoopThread($"loop-{index}", Loop, Ingress, Egress, _bell, world.Clock);
        }

        public EventLoop Loop { get; }

        public UdpIngress Ingress { get; }

        public SendQueue Egress { get; }

        public LoopThread Thread { get; }

        public void Dispose()
        {
            Loop.Dispose();
            Ingress.Dispose();
            _door.Dispose();
            _bell.Dispose();
            _sockets.Dispose();
        }
    }
}
