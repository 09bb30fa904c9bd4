using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Cli;

/// <summary>The operator's command line against a live node: exit codes and shapes of CONTRACT.md.</summary>
public sealed class IkectlTests
{
    private static readonly string[] SaKeys =
    [
        "local_spi", "peer_spi", "connection", "state", "local_id", "remote_id", "eap_id", "local_address",
        "remote_address", "virtual_ips", "proposal", "established_s", "rekey_in_s", "node", "shard", "children",
    ];

    private static readonly string[] ChildKeys =
    [
        "name", "spi_in", "spi_out", "mode", "proposal", "local_ts", "remote_ts", "bytes_in", "bytes_out", "rekey_in_s",
    ];

    [Fact]
    public async Task Without_a_node_the_exit_code_is_3()
    {
        CommandResult listed = await Command.RunAsync(
            Repository.Ctl, "--endpoint", "unix:/nowhere/ikenode.sock", "sa", "list");

        Assert.Equal(3, listed.ExitCode);
        Assert.Single(listed.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_word_it_does_not_know_is_a_usage_error()
    {
        CommandResult outcome = await Command.RunAsync(Repository.Ctl, "sa", "frobnicate");

        Assert.Equal(2, outcome.ExitCode);
    }

    [Fact]
    public async Task Every_promised_key_is_in_the_JSON_list()
    {
        await using Site site = await Site.OpenAsync();
        await site.ConnectAsync();

        JsonElement sa = await site.SingleSaAsync();

        Assert.Equal(SaKeys.Order(), sa.EnumerateObject().Select(property => property.Name).Order());
        JsonElement child = sa.GetProperty("children")[0];
        Assert.Equal(ChildKeys.Order(), child.EnumerateObject().Select(property => property.Name).Order());
    }

    [Fact]
    public async Task The_table_names_the_client_and_its_address()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa sa = await site.ConnectAsync();

        CommandResult table = await site.Node.CtlAsync("sa", "list");
        CommandResult shown = await site.Node.CtlAsync("sa", "show", sa.ResponderSpi);

        Assert.Contains("alice@example.org", table.OrThrow().Output, StringComparison.Ordinal);
        Assert.Contains(sa.ResponderSpi, shown.OrThrow().Output, StringComparison.Ordinal);
        Assert.Contains(sa.VirtualAddresses[0], shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_SPI_that_nobody_has_is_refused_with_1()
    {
        await using Site site = await Site.OpenAsync();

        CommandResult shown = await site.Node.CtlAsync("sa", "show", "0123456789abcdef");
        CommandResult terminated = await site.Node.CtlAsync("sa", "terminate", "0123456789abcdef");

        Assert.Equal(1, shown.ExitCode);
        Assert.Equal(1, terminated.ExitCode);
    }

    [Fact]
    public async Task Filters_narrow_the_list()
    {
        await using Site site = await Site.OpenAsync();
        await site.ConnectAsync();

        CommandResult hit = await site.Node.CtlAsync("sa", "list", "--identity", "alice@example.org", "-o", "json");
        CommandResult miss = await site.Node.CtlAsync("sa", "list", "--identity", "bob@example.org", "-o", "json");
        CommandResult status = await site.Node.CtlAsync("status", "-o", "json");
        CommandResult pools = await site.Node.CtlAsync("pool", "list", "-o", "json");

        Assert.Equal(1, JsonDocument.Parse(hit.OrThrow().Output).RootElement.GetArrayLength());
        Assert.Equal(0, JsonDocument.Parse(miss.OrThrow().Output).RootElement.GetArrayLength());
        Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(status.OrThrow().Output).RootElement.ValueKind);
        Assert.Contains("rw4", pools.OrThrow().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_tells_the_messages_of_one_client_and_nothing_that_stands_in_them()
    {
        await using Site site = await Site.OpenAsync();
        (await site.Node.CtlAsync("log", "trace", "--identity", "alice@*", "--for", "1m")).OrThrow();
        await site.ConnectAsync();

        await site.Node.WaitForLogAsync("made IKE_AUTH response 1: IDr(");
        Assert.Contains("opened IKE_AUTH request 1: IDi(", site.Node.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(ClientConf.Secret, site.Node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_level_changes_while_the_node_runs()
    {
        await using Site site = await Site.OpenAsync();

        CommandResult changed = await site.Node.CtlAsync("log", "level", "sa", "error");
        await site.ConnectAsync();

        Assert.Contains("sa: error", changed.OrThrow().Output, StringComparison.Ordinal);
        Assert.DoesNotContain(" established: ", site.Node.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_is_checked_without_a_node()
    {
        using TemporaryFolder folder = new();
        string good = folder.Write("good.yaml", new NodeConf().ToString());
        string bad = folder.Write("bad.yaml", new NodeConf { ConnectionOptions = "dpd_dely: 30s" }.ToString());

        CommandResult fine = await Command.RunAsync(Repository.Node, "check", "--config", good);
        CommandResult faulty = await Command.RunAsync(Repository.Node, "check", "--config", bad);

        Assert.Equal(0, fine.ExitCode);
        Assert.Equal(1, faulty.ExitCode);
        Assert.Contains("bad.yaml:10:5:", faulty.Output + faulty.Error, StringComparison.Ordinal);
    }
}
