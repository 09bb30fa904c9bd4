using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Node;

/// <summary>The engine itself, with somebody who looks over its shoulder.</summary>
internal sealed class WatchedMachine(World world, SimProcess process) : ISaMachine
{
    private readonly EngineMachine _engine = new();

    public InitVerdict Begin(DatagramPath path, ReadOnlySpan<byte> message, in StepContext context) => _engine.Begin(path, message, context);

    public Step Next(IkeSaState state, IkeInput input, in StepContext context)
    {
        if (input is IkeInput.Recovered recovered)
        {
            world.Tally.Count(recovered.AfterOwnerChange ? Faults.Recovered : Faults.Passivated);
        }

        Step step = _engine.Next(state, input, context);
        if (!process.IsDead)
        {
            world.Checks.Stepped(state, input, step);
        }

        return step;
    }

    public byte[] WriteSnapshot(IkeSaState state)
    {
        byte[] snapshot = _engine.WriteSnapshot(state);
        world.Store.Remember(snapshot, state);
        return snapshot;
    }

    public IkeSaState? TryReadSnapshot(ReadOnlySpan<byte> snapshot, long rowVersion, out string fault) =>
        _engine.TryReadSnapshot(snapshot, rowVersion, out fault);
}
