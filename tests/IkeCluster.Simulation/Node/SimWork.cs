using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine.Work;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Node;

/// <summary>Sums that are done at once, late, or not at all.</summary>
internal sealed class SimWork(World world, SimProcess process, SimLoop loop) : ISlowWork
{
    private static readonly TimeSpan LatestMax = TimeSpan.FromMilliseconds(300);

    public bool TryStart(SlowWork work, Action<WorkResult> done)
    {
        if (world.Chance.Chance(world.Plan.SumsRefused))
        {
            world.Tally.Count(Faults.SumRefused);
            return false;
        }

        if (!world.Chance.Chance(world.Plan.SumsLate))
        {
            done(Run(work));
            return true;
        }

        world.Tally.Count(Faults.SumLate);
        world.After(world.Chance.UpTo(LatestMax), () =>
        {
            if (!process.IsDead)
            {
                WorkResult result = Run(work);
                loop.Loop.TryPost(new LoopMessage.Call(() => done(result)));
            }
        });
        return true;
    }

    private WorkResult Run(SlowWork work)
    {
        if (world.Chance.Chance(world.Plan.SumsFailed))
        {
            world.Tally.Count(Faults.SumFailed);
            return new WorkResult.Failed();
        }

        return SlowWorkRunner.Run(work);
    }
}
