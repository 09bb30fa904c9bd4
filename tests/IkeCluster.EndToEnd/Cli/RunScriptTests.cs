using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Cli;

/// <summary>What `tests/run.sh` makes of its arguments.</summary>
public sealed class RunScriptTests
{
    [Theory]
    [InlineData("sim", "--seed", "X")]
    [InlineData("fuzz", "--seed", "12x")]
    [InlineData("fuzz", "--seed", "-1")]
    [InlineData("sim", "--seed", "")]
    [InlineData("sim", "--seed", "99999999999999999999")]
    [InlineData("sim", "--seed")]
    [InlineData("--sed", "7")]
    public async Task What_it_cannot_read_is_refused_with_its_usage(params string[] arguments)
    {
        CommandResult refused = await Command.RunAsync("bash", [Path.Combine(Repository.Root, "tests/run.sh"), .. arguments]);
        Assert.True(refused is { ExitCode: 2, Output: "" }, refused.Transcript);
        Assert.StartsWith("usage: tests/run.sh", refused.Error, StringComparison.Ordinal);
    }
}
