using System.Collections.Immutable;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Crypto;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Node;

/// <summary>The gateway over its life: one process after another, with nothing in common but the store and the cluster key.</summary>
internal sealed class SimNode : IDisposable
{
    internal const int Shards = 4;

    private static readonly TimeSpan SupersededFor = TimeSpan.FromSeconds(15);

    private readonly World _world;
    private readonly List<SimProcess> _dead = [];
    private int _starts;
    private SimProcess? _superseded;

    public SimNode(World world)
    {
        _world = world;
        Keys = ClusterKeys.From([(1, SecretBytes.CopyOf([.. Enumerable.Range(0, 32).Select(i => (byte)i)]))]);
        Seal = new SpiSeal(Keys);
    }

    public ClusterKeys Keys { get; }

    public SpiSeal Seal { get; }

    /// <summary>Null while the node is down.</summary>
    public SimProcess? Process { get; private set; }

    public void Start()
    {
        ImmutableArray<ShardClaim> claims = _world.Store.Claim(Shards);
        Process = new SimProcess(_world, ++_starts, claims, _world.Store.Leases());
        _world.Tell($"node: process {_starts} starts, epoch {claims[0].Epoch}");
        if (_world.Plan.CrashEvery > TimeSpan.Zero)
        {
            SimProcess mine = Process;
            _world.After(_world.Chance.UpTo(_world.Plan.CrashEvery * 2), () => End(mine));
        }
    }

    /// <summary>Two processes believe that the shards are theirs.</summary>
    public bool IsTwofold => _superseded is { IsDead: false };

    /// <summary>Who takes a datagram: with two that live, one cannot tell which. Null: none.</summary>
    public SimProcess? Pick() =>
        _superseded is { IsDead: false } old && _world.Chance.Chance(0.3) ? old : Process;

    /// <summary>The process is dead: what it had in memory is gone, and another one comes up.</summary>
    public void Died(SimProcess process)
    {
        if (!ReferenceEquals(Process, process))
        {
            return;
        }

        Process = null;
        _dead.Add(process);
        _world.Checks.Crashed();

        // Not at once: the dead process may be in the middle of a turn.
        _world.After(_world.Chance.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(4)), Start);
    }

    /// <summary>A loop may have been asked to crash later: no more. And there is one gateway again.</summary>
    public void Calm()
    {
        Process?.Calm();
        _superseded?.Bury();
    }

    private void End(SimProcess process)
    {
        if (_world.IsCalm || process.IsDead)
        {
            return;
        }

        if (_world.Chance.Chance(0.3))
        {
            Supersede(process);
        }
        else
        {
            process.Kill(Faults.CrashAnyTime);
        }
    }

    /// <summary>
    /// It was taken for dead and is not: another one owns the shards now, and for a while both serve whoever comes (DESIGN.md,
    /// Ownership and fencing).
    /// </summary>
    private void Supersede(SimProcess process)
    {
        _world.Tally.Count(Faults.Superseded);
        _world.Tell($"node: process {process.Number} is superseded");
        process.IsSuperseded = true;
        _superseded?.Bury();
        _superseded = process;
        _dead.Add(process);
        _world.Checks.Crashed();
        Start();
        _world.After(_world.Chance.UpTo(SupersededFor), process.Bury);
    }

    /// <summary>The end of the world: the last process goes as an orderly one does.</summary>
    public void Stop() => Process?.Dispose();

    public void Dispose()
    {
        Process?.Dispose();
        _dead.ForEach(process => process.Dispose());
        Seal.Dispose();
        Keys.Dispose();
    }
}
