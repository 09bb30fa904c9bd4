namespace IkeCluster.EndToEnd.Harness;

/// <summary>Measured numbers that a reader of the test run wants to see, whether the test passed or not.</summary>
internal static class Figures
{
    /// <summary>One line in the run's output: <c>figure: WHAT: VALUE</c>.</summary>
    public static void Record(string what, FormattableString value) =>
        Console.Error.WriteLine($"figure: {what}: {FormattableString.Invariant(value)}");
}
