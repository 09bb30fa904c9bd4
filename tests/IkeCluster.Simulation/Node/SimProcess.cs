using System.Collections.Immutable;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Node;

/// <summary>
/// One process of the gateway: the real front doors, loops, shard map and pools. Once it is dead nothing that it says is
/// heard, even in the turn that it is in: so it may die between any two effects.
/// </summary>
internal sealed class SimProcess : IDisposable
{
    private const int LoopCount = 2;

    private readonly World _world;
    private readonly ImmutableArray<FrontDoor> _doors;
    private int _effectsLeft = int.MaxValue;
    private bool _isDisposed;

    public SimProcess(World world, int number, ImmutableArray<ShardClaim> claims, ImmutableArray<LeaseRow> leases)
    {
        (_world, Number) = (world, number);
        var admission = new AdmissionSettings { Cookies = world.Plan.Cookies };
        HalfOpen = new HalfOpenBudget(admission);
        Sources = new SourceBudget(admission, world.Chance.Next());
        Entropy = new SimEntropy(world.Chance.Next(), world);
        Events = new SimEvents(world, this);
        Pools = new AddressPools(world.Policy.Pools, leases);
        _doors = [.. Enumerable.Range(0, LoopCount).Select(_ => new FrontDoor(world.Gateway.Keys, world.Gateway.Seal, Sources, HalfOpen))];
        Loops = [.. _doors.Select((door, i) => new SimLoop(world, this, i, door))];
        Map = new ShardMap(claims, [.. Loops.Select(loop => loop.Loop)]);
        foreach (SimLoop loop in Loops)
        {
            loop.Loop.Own(Map, Pools);
            loop.Wake();
        }

        Entropy.MayRepeat = true;
    }

    public int Number { get; }

    public bool IsDead { get; private set; }

    /// <summary>Another process owns its shards, and it does not know yet.</summary>
    public bool IsSuperseded { get; set; }

    public HalfOpenBudget HalfOpen { get; }

    public SourceBudget Sources { get; }

    public SimEntropy Entropy { get; }

    public SimEvents Events { get; }

    public PacketPool Packets { get; } = new();

    public AddressPools Pools { get; }

    public ImmutableArray<SimLoop> Loops { get; }

    public ShardMap Map { get; }

    public void Receive(DatagramPath path, byte[] datagram)
    {
        // The kernel spreads flows over sockets by their ports; a balancer in front may send one anywhere.
        int loop = _world.Chance.Chance(0.9) ? path.Remote.Port : _world.Chance.Below(LoopCount);
        Loops[loop % LoopCount].Deliver(path, datagram);
    }

    /// <summary>An operator's word, through the mailbox of the loop that serves the shard.</summary>
    public void Terminate(IkeSpi spi, string? child)
    {
        var order = new LoopMessage.Terminate(spi, child, new TaskCompletionSource<bool>());
        if (_world.Gateway.Seal.TryOpen(spi, out ShardId shard) && Map.HomeOf(shard) is { } home)
        {
            home.TryPost(order);
        }
    }

    public void Kill(string how)
    {
        if (IsSuperseded)
        {
            Bury();
        }

        if (IsDead || _isDisposed || (_world.IsCalm && how == Faults.CrashAnyTime))
        {
            return;
        }

        IsDead = true;
        _world.Tally.Count(how);
        _world.Tell($"node: process {Number} dies: {how}");
        _world.Gateway.Died(this);
    }

    /// <summary>One that was superseded goes at last; nobody takes its place.</summary>
    public void Bury()
    {
        if (!IsDead)
        {
            _world.Tell($"node: process {Number} is gone");
            IsDead = true;
        }
    }

    /// <summary>It will die after so many effects from now.</summary>
    public void DieAfter(int effects) => _effectsLeft = Math.Min(_effectsLeft, effects);

    public void Calm() => _effectsLeft = int.MaxValue;

    /// <summary>True where the world is to see this effect.</summary>
    public bool MayAct()
    {
        if (_effectsLeft != int.MaxValue && _effectsLeft-- <= 0)
        {
            Kill(Faults.CrashAfterAnswer);
        }

        return !IsDead;
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = IsDead = true;
        foreach (SimLoop loop in Loops)
        {
            loop.Loop.Dispose();
        }

        foreach (FrontDoor door in _doors)
        {
            door.Dispose();
        }
    }
}
