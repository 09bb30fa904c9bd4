namespace IkeCluster.Mutants;

/// <summary>Proof that the simulation hunts: each of these faults, planted on purpose, is found within 2,000 worlds.</summary>
public sealed class MutantTests(Workshop workshop) : IClassFixture<Workshop>
{
    /// <summary>So many at least, or the hunt proves little.</summary>
    private const int FaultsMin = 12;

    public static TheoryData<string> Faults => [.. Directory.EnumerateFiles(Folder, "*.txt").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Faults");

    [Fact]
    public void Every_fault_has_its_place_in_the_tree()
    {
        Assert.InRange(Faults.Count, FaultsMin, int.MaxValue);
        string?[] misplaced = [.. Directory.EnumerateFiles(Folder, "*.txt").Select(path => Mutant.Read(path).FaultIn(Workshop.Top)).Where(fault => fault is not null)];
        Assert.True(misplaced.Length == 0, string.Join('\n', misplaced));
    }

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
