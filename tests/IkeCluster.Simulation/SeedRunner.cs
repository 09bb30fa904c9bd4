using System.Collections.Immutable;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation;

/// <summary>What came of one seed.</summary>
internal sealed record SeedResult(ulong Seed, Violation? Violation, string Digest, Tally Tally, ImmutableArray<string> Story)
{
    public string Replay => $"tests/run.sh sim --seed {Seed}";
}

/// <summary>Runs worlds; each is a thing of its own, so they may run side by side.</summary>
internal static class SeedRunner
{
    public static SeedResult Run(ulong seed, bool isTold = false)
    {
        using var world = new World(seed, isTold);
        try
        {
            world.Run();
        }
        catch (Exception fault)
        {
            world.Break("NoFaults", $"the world itself threw {fault}");
        }

        return new SeedResult(seed, world.Violation, world.Digest.Read(), world.Tally, [.. world.Story]);
    }
}
