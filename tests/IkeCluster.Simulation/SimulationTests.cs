using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation;

/// <summary>Worlds from seeds: each must keep every guarantee, whatever happens in it.</summary>
public sealed class SimulationTests
{
    /// <summary>Every change waits for this run: as many worlds as fit.</summary>
    private static readonly TimeSpan UsualTime = TimeSpan.FromMinutes(4);

    /// <summary>With fewer worlds than this it is chance which faults were reached.</summary>
    private const int WorldsThatReachAll = 100;

    public static TheoryData<ulong> OldSeeds => [.. SeedFile.Read()];

    [Fact]
    public void One_seed_run_twice_gives_the_same_octets()
    {
        SeedResult first = OnThread(() => SeedRunner.Run(7));
        Assert.Equal(first.Digest, OnThread(() => SeedRunner.Run(7)).Digest);
        Assert.NotEqual(first.Digest, OnThread(() => SeedRunner.Run(8)).Digest);
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(OldSeeds))]
    public void A_seed_that_once_failed_does_so_no_more(ulong seed) => Judge(OnThread(() => SeedRunner.Run(seed)));

    [Fact]
    public void As_many_worlds_as_fit_keep_every_guarantee()
    {
        if (SeedFile.Setting("IKECLUSTER_SEED") is { } asked)
        {
            SeedResult result = OnThread(() => SeedRunner.Run(asked, isTold: true));
            Console.WriteLine(string.Join('\n', result.Story));
            Console.WriteLine($"sim: seed {asked}, digest {result.Digest}: {result.Tally}");
            Judge(result);
            return;
        }

        var hunt = new Hunt(SeedFile.Fresh(), SeedFile.Setting("IKECLUSTER_SIM_WORLDS") ?? ulong.MaxValue, Time());
        hunt.Run();
        Console.WriteLine(hunt.Report());
        if (hunt.Failed is { } failed)
        {
            Judge(failed);
        }

        if (hunt.Worlds >= WorldsThatReachAll)
        {
            Assert.Empty(hunt.Tally.Missing(Faults.All));
        }
    }

    private static void Judge(SeedResult result) =>
        Assert.True(result.Violation is null, $"{result.Violation}; repeat with: {result.Replay}");

    private static TimeSpan Time() => SeedFile.Setting("IKECLUSTER_SIM_SECONDS") is { } seconds ? TimeSpan.FromSeconds(seconds) : UsualTime;

    /// <summary>A world has one thread and no context of a test runner, in which answers would come back by other threads.</summary>
    private static SeedResult OnThread(Func<SeedResult> run)
    {
        SeedResult? result = null;
        var thread = new Thread(() => result = run());
        thread.Start();
        thread.Join();
        return result!;
    }
}
