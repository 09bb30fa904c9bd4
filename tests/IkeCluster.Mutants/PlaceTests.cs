namespace IkeCluster.Mutants;

/// <summary>The faults move with the code: cheap enough to be looked at with every change.</summary>
public sealed class PlaceTests
{
    /// <summary>So many at least, or the hunt proves little.</summary>
    private const int FaultsMin = 12;

    [Fact]
    public void Every_fault_has_its_place_in_the_tree()
    {
        Assert.InRange(MutantTests.AllFaults.Count(), FaultsMin, int.MaxValue);
        string?[] misplaced = [.. Directory.EnumerateFiles(MutantTests.Folder, "*.txt").Select(path => Mutant.Read(path).FaultIn(Workshop.Top)).Where(fault => fault is not null)];
        Assert.True(misplaced.Length == 0, string.Join('\n', misplaced));
    }
}
