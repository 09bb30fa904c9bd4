namespace IkeCluster.EndToEnd.Harness;

/// <summary>Measured numbers that a reader of the test run wants to see, whether the test passed or not.</summary>
internal static class Figures
{
    /// <summary>One line in the run's output: <c>figure: WHAT: VALUE</c>.</summary>
    public static void Record(string what, FormattableString value) =>
        Console.Error.WriteLine($"figure: {what}: {FormattableString.Invariant(value)}");

    /// <summary>With <c>IKECLUSTER_SHOW=1</c>: what <c>swanctl --list-sas</c> prints at the client, at this point of the test.</summary>
    public static async Task ShowAsync(CharonPeer client, string when)
    {
        if (Environment.GetEnvironmentVariable("IKECLUSTER_SHOW") is not null)
        {
            string test = TestContext.Current.Test?.TestDisplayName ?? "";
            await Console.Error.WriteLineAsync($"== {test}: {when}\n{await client.ShowSasAsync()}");
        }
    }
}
