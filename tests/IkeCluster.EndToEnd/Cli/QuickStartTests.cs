using System.Text.RegularExpressions;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Cli;

/// <summary>What the README tells a new user works as it stands there.</summary>
public sealed partial class QuickStartTests
{
    [Fact]
    public async Task The_swanctl_conf_of_the_README_connects_to_the_node_of_the_README()
    {
        Peers.NeedCharon();
        string readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"));
        string swanctlConf = CodeBlocks().Matches(readme).Select(block => block.Groups["code"].Value)
            .First(code => code.Contains("connections {", StringComparison.Ordinal));
        await using Lab lab = await Lab.CreateAsync();
        await using IkeNode node = IkeNode.PrepareAsANewUser(lab.Server);
        await node.StartAsync();
        await using CharonPeer client = await CharonPeer.StartAsync(lab.Client);
        // The only thing that a reader has to change: where the node is.
        await client.LoadAsync(
            RemoteAddress().Replace(swanctlConf, $"remote_addrs = {Lab.ServerAddress}"));
        string child = Child().Match(swanctlConf).Groups["name"].Value;

        CharonSa sa = await client.ConnectAsync(child);

        Assert.True(sa.IsEstablished);
        Assert.Equal(2, sa.VirtualAddresses.Count);
        Assert.Contains("nameserver", client.ResolvConf, StringComparison.Ordinal);
        Assert.Single(await node.ListSasAsync());
        Assert.InRange(swanctlConf.Trim().Split('\n').Length, 1, 30);
    }

    [Fact]
    public async Task The_first_command_of_the_README_runs_where_it_is_typed()
    {
        CommandResult folder = await Command.RunAsync(
            "dotnet", "msbuild", Path.Combine(Repository.Root, "src/IkeCluster.Node"), "-getProperty:RunWorkingDirectory");

        // A folder here would make `dotnet run` look for cluster-config/dev.yaml, and put ./var, somewhere else.
        Assert.Equal("", folder.OrThrow().Output.Trim());
    }

    [GeneratedRegex("```[a-z]*\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CodeBlocks();

    [GeneratedRegex(@"remote_addrs\s*=\s*[^\s}]+", RegexOptions.None, 1000)]
    private static partial Regex RemoteAddress();

    [GeneratedRegex(@"children\s*\{\s*(?<name>[\w-]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Child();
}
