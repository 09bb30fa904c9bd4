using System.Diagnostics;
using System.Globalization;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation;

/// <summary>World after world, one on each core, until the time or the seeds are used up or a guarantee is broken.</summary>
internal sealed class Hunt(ulong firstSeed, ulong seeds, TimeSpan time)
{
    private readonly Lock _lock = new();
    private readonly Stopwatch _watch = new();
    private ulong _next;

    public Tally Tally { get; } = new();

    public long Worlds { get; private set; }

    /// <summary>The failed world of the lowest seed.</summary>
    public SeedResult? Failed { get; private set; }

    public void Run()
    {
        _watch.Start();
        Thread[] threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
    }

    public string Report()
    {
        double perMinute = Worlds / _watch.Elapsed.TotalMinutes;
        return string.Create(CultureInfo.InvariantCulture, $"sim: {Worlds} worlds from seed {firstSeed}, {perMinute:F0} a minute: {Tally}");
    }

    private void Work()
    {
        while (TryTake(out ulong seed))
        {
            SeedResult result = SeedRunner.Run(seed);
            lock (_lock)
            {
                Worlds++;
                Tally.Add(result.Tally);
                if (result.Violation is not null && (Failed is null || seed < Failed.Seed))
                {
                    Failed = result;
                }
            }
        }
    }

    private bool TryTake(out ulong seed)
    {
        lock (_lock)
        {
            seed = firstSeed + _next;
            return Failed is null && _watch.Elapsed < time && _next++ < seeds;
        }
    }
}
