using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Node;

/// <summary>One event loop of a process with its two ends of the network: the world turns its crank as a thread would.</summary>
internal sealed class SimLoop : ILoopWaker, IDatagramSender, IChildSaInstaller
{
    private static readonly TimeSpan TurnMax = TimeSpan.FromMicroseconds(50);

    private readonly World _world;
    private readonly SimProcess _process;
    private Instant _turnAt = Instant.Never;
    private long _turn;

    public SimLoop(World world, SimProcess process, int index, FrontDoor door)
    {
        (_world, _process) = (world, process);
        var ports = new LoopPorts
        {
            Store = world.Store.For(process),
            Sender = this,
            SlowWork = new SimWork(world, process, this),
            Installer = this,
            Events = process.Events,
            Waker = this,
            Entropy = process.Entropy,
        };
        var options = new LoopOptions { PassivateAfter = world.Plan.PassivateAfter };
        Loop = new EventLoop(options, ports, door, world.Gateway.Seal, world.Policy, process.Packets, world.Now, new WatchedMachine(world, process));
        Index = index;
    }

    public int Index { get; }

    public EventLoop Loop { get; }

    public void Deliver(DatagramPath path, byte[] datagram)
    {
        Loop.StartBatch(_world.Now);
        Loop.Receive(path, datagram);
        Wake();
    }

    public void Wake() => TurnBy(_world.Now);

    public bool Send(DatagramPath path, ReadOnlySpan<byte> message)
    {
        if (_process.MayAct())
        {
            _world.Checks.Sent(path, message.ToArray());
            _world.Wire.ToPeer(path, message.ToArray());
        }

        return true;
    }

    public void Install(ChildSa child, DatagramPath path)
    {
        if (_process.MayAct() && !_process.IsSuperseded)
        {
            _world.Checks.Installed(child);
        }
    }

    public void Move(ChildSa child, DatagramPath path)
    {
        if (_process.MayAct())
        {
            _world.Tell($"node: child {child.InboundSpi} moves to {path.Remote}");
        }
    }

    public void Remove(ChildSa child)
    {
        if (_process.MayAct() && !_process.IsSuperseded)
        {
            _world.Checks.Removed(child);
        }
    }

    /// <summary>A thread wakes a moment after it is due, so that loops overtake one another.</summary>
    private void TurnBy(Instant due)
    {
        Instant at = (due > _world.Now ? due : _world.Now) + _world.Chance.UpTo(TurnMax);
        if (due == Instant.Never || at >= _turnAt)
        {
            return;
        }

        _turnAt = at;
        long mine = ++_turn;
        _world.At(at, () =>
        {
            if (mine == _turn && !_process.IsDead)
            {
                Turn();
            }
        });
    }

    private void Turn()
    {
        _turnAt = Instant.Never;
        TurnBy(Loop.RunOnce(_world.Now));
    }
}
