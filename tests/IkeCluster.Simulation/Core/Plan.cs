using IkeCluster.Cluster.Admission;
using IkeCluster.Engine.Policy;

namespace IkeCluster.Simulation.Core;

/// <summary>
/// What sort of world a seed makes. Not every world has every fault, and each has its own measure of them: faults that are
/// always there hide those that need a quiet moment.
/// </summary>
internal sealed record Plan
{
    public required int Peers { get; init; }

    /// <summary>How long the world is rough; after it comes a calm, in which everything must come right.</summary>
    public required TimeSpan Storm { get; init; }

    public required double Loss { get; init; }

    public required double Duplication { get; init; }

    public required double Corruption { get; init; }

    public required TimeSpan DelayMax { get; init; }

    public required double Replays { get; init; }

    public required double StoreSlow { get; init; }

    public required double StoreFails { get; init; }

    public required double UnknownUnwritten { get; init; }

    public required double UnknownWritten { get; init; }

    public required double LateCommits { get; init; }

    public required double CrashAtCommit { get; init; }

    public required TimeSpan CrashEvery { get; init; }

    public required double SumsLate { get; init; }

    public required double SumsRefused { get; init; }

    public required double SumsFailed { get; init; }

    public required double SpiClash { get; init; }

    public required CookieMode Cookies { get; init; }

    /// <summary>How long an idle SA stays in memory.</summary>
    public required TimeSpan PassivateAfter { get; init; }

    /// <summary>The gateway rekeys what is old, and SAs are old soon.</summary>
    public required bool ShortLives { get; init; }

    /// <summary>What becomes of the SAs of an identity that logs in again.</summary>
    public required UniquePolicy Unique { get; init; }

    public static Plan Of(SimRandom random)
    {
        double UpTo(double most) => random.Chance(0.6) ? most * random.Below(1000) / 1000 : 0;
        return new Plan
        {
            Peers = 3 + random.Below(6),
            Storm = TimeSpan.FromSeconds(120 + random.Below(240)),
            Loss = UpTo(0.3),
            Duplication = UpTo(0.2),
            Corruption = UpTo(0.1),
            DelayMax = TimeSpan.FromMilliseconds(random.Chance(0.7) ? 80 : 1500),
            Replays = UpTo(0.2),
            StoreSlow = UpTo(0.3),
            StoreFails = UpTo(0.1),
            UnknownUnwritten = UpTo(0.1),
            UnknownWritten = UpTo(0.1),
            LateCommits = UpTo(0.2),
            CrashAtCommit = UpTo(0.03),
            CrashEvery = random.Chance(0.6) ? TimeSpan.FromSeconds(20 + random.Below(100)) : TimeSpan.Zero,
            SumsLate = UpTo(0.5),
            SumsRefused = UpTo(0.1),
            SumsFailed = UpTo(0.02),
            SpiClash = random.Chance(0.3) ? 0.1 : 0,
            Cookies = random.Chance(0.3) ? CookieMode.Always : CookieMode.Auto,
            ShortLives = random.Chance(0.6),
            Unique = random.Pick([UniquePolicy.Never, UniquePolicy.No, UniquePolicy.Keep, UniquePolicy.Replace]),
            PassivateAfter = random.Chance(0.5) ? TimeSpan.FromSeconds(5) : TimeSpan.FromMinutes(10),
        };
    }

    /// <summary>The same world when nothing goes wrong any more.</summary>
    public Plan Calmed() => this with
    {
        Loss = 0,
        Duplication = 0,
        Corruption = 0,
        DelayMax = TimeSpan.FromMilliseconds(20),
        Replays = 0,
        StoreSlow = 0,
        StoreFails = 0,
        UnknownUnwritten = 0,
        UnknownWritten = 0,
        LateCommits = 0,
        CrashAtCommit = 0,
        CrashEvery = TimeSpan.Zero,
        SumsLate = 0,
        SumsRefused = 0,
        SumsFailed = 0,
        SpiClash = 0,
    };
}
