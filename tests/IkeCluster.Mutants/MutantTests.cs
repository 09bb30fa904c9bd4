using System.Globalization;

namespace IkeCluster.Mutants;

/// <summary>Proof that the simulation hunts: each of these faults, planted on purpose, is found within 2,000 worlds.</summary>
public sealed class MutantTests(Workshop workshop) : IClassFixture<Workshop>
{
    internal static IEnumerable<string> AllFaults =>
        Directory.EnumerateFiles(Folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    /// <summary>All, or of IKECLUSTER_MUTANTS=2/4 every fourth from the third on: each costs a build, and CI has other things to do.</summary>
    public static TheoryData<string> Faults => [.. AllFaults.Where((_, place) => place % Share.Of == Share.Part)];

    private static (int Part, int Of) Share =>
        (Environment.GetEnvironmentVariable("IKECLUSTER_MUTANTS") ?? "").Split('/') is [var part, var of]
            ? (int.Parse(part, CultureInfo.InvariantCulture), int.Parse(of, CultureInfo.InvariantCulture))
            : (0, 1);

    internal static string Folder => Path.Combine(AppContext.BaseDirectory, "Faults");

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_planted_fault_is_found(string name)
    {
        Mutant mutant = Mutant.Read(Path.Combine(Folder, name + ".txt"));
        Assert.Null(mutant.FaultIn(Workshop.Top));
        Find? found = workshop.Hunt(mutant);
        Assert.True(found is not null, $"{name}: {Workshop.SeedsMax} worlds did not see it ({mutant.Why})");
        Console.WriteLine($"mutants: {name}: found at seed {found.Seed} by {found.Checker}: {found.How}");

        // The same world without the fault is sound: it was the fault that was seen.
        Assert.Null(workshop.HuntSound(found.Seed));
    }
}
