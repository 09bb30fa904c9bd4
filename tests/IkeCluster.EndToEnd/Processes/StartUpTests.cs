using System.Diagnostics;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Processes;

/// <summary>A fault at start-up is one clear line on standard error and exit code 1, never a stack trace.</summary>
public sealed class StartUpTests
{
    [Fact]
    public async Task A_node_is_ready_within_seconds()
    {
        Peers.NeedPrograms("ip");
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        long started = Stopwatch.GetTimestamp();

        await using IkeNode node = await IkeNode.StartAsync(network, new NodeConf().ToString());

        TimeSpan took = Stopwatch.GetElapsedTime(started);
        Figures.Record("start of an empty node, process to ready", $"{took.TotalMilliseconds:F0} ms");
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_port_in_use_is_said_by_number()
    {
        Peers.NeedPrograms("ip");
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        await using IkeNode first = await IkeNode.StartAsync(network, new NodeConf().ToString());
        await using IkeNode second = IkeNode.Prepare(network, new NodeConf().ToString());

        await AssertOneClearLineAsync(second, "500", "taken");
    }

    [Fact]
    public async Task No_right_to_a_low_port_names_the_setting_that_grants_it()
    {
        Peers.NeedPrograms("ip", "setpriv");
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        await using IkeNode node = IkeNode.Prepare(network, new NodeConf().ToString());
        node.LetEverybodyIn();

        int exitCode = await node.StartInVainAsNobodyAsync();

        AssertOneClearLine(node, exitCode, "500", "net.ipv4.ip_unprivileged_port_start");
    }

    [Fact]
    public async Task An_unreadable_private_key_is_named()
    {
        Peers.NeedPrograms("ip");
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        await using IkeNode node = IkeNode.Prepare(
            network,
            new NodeConf { Secrets = "secrets:\n  private-server: { file: server.key }" }.ToString());
        node.Folder.Write("server.key", "-----BEGIN PRIVATE KEY-----\nnot a key\n-----END PRIVATE KEY-----\n");

        await AssertOneClearLineAsync(node, "server.key");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(20_000_000)]
    public async Task A_cluster_key_that_is_none_is_named(int length)
    {
        Peers.NeedPrograms("ip");
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        await using IkeNode node = IkeNode.Prepare(network, new NodeConf().ToString());
        node.Folder.Write("var/cluster.key", new string('x', length));

        await AssertOneClearLineAsync(node, "cluster.key");
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_made_is_named()
    {
        Peers.NeedPrograms("ip");
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        await using IkeNode node = IkeNode.Prepare(network, new NodeConf().ToString());
        node.Folder.Write("var", "a file where the folder should be");

        await AssertOneClearLineAsync(node, "var");
    }

    [Fact]
    public async Task An_unknown_word_is_found_with_line_and_column_and_the_word_that_was_meant()
    {
        Peers.NeedPrograms("ip");
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        await using IkeNode node = IkeNode.Prepare(
            network, new NodeConf { ConnectionOptions = "dpd_dely: 30s" }.ToString());

        await AssertOneClearLineAsync(node, "node.yaml:10:5:", "dpd_dely", "dpd_delay");
    }

    [Fact]
    public async Task Bits_in_the_database_that_are_not_ours_are_said_plainly()
    {
        Peers.NeedPrograms("ip");
        await using NetworkNamespace network = await NetworkNamespace.CreateAsync();
        await using IkeNode node = await IkeNode.StartAsync(network, new NodeConf().ToString());
        await node.StopAsync();
        string database = Assert.Single(
            Directory.GetFiles(node.DataFolder), file => file.EndsWith(".db", StringComparison.Ordinal)
                || file.EndsWith(".sqlite", StringComparison.Ordinal));
        await File.WriteAllTextAsync(database, new string('x', 8192));

        await AssertOneClearLineAsync(node, Path.GetFileName(database));
    }

    private static async Task AssertOneClearLineAsync(IkeNode node, params string[] words) =>
        AssertOneClearLine(node, await node.StartInVainAsync(), words);

    private static void AssertOneClearLine(IkeNode node, int exitCode, params string[] words)
    {
        // The log may have said before that a key was made; the fault itself is one line, and nothing follows it.
        string[] lines = node.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string line = Assert.Single(lines, one => one.StartsWith("ikenode: ", StringComparison.Ordinal));
        Assert.Equal(line, lines[^1]);
        Assert.DoesNotContain("   at ", node.Log, StringComparison.Ordinal);
        Assert.Equal(1, exitCode);
        Assert.All(words, word => Assert.Contains(word, line, StringComparison.OrdinalIgnoreCase));
    }
}
