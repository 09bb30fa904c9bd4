using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Processes;

/// <summary>SIGHUP reads the configuration again; established SAs stay (CONTRACT.md).</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task A_new_secret_is_known_after_SIGHUP_and_the_old_SA_stays()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa alice = await site.ConnectAsync();
        await site.Client.LoadAsync(ClientConf.Psk(id: "bob@example.org"));
        CommandResult tooEarly = await site.Client.InitiateChildAsync("net");

        site.Node.Folder.Write(
            "node.yaml",
            new NodeConf { Secrets = $$"""secrets: { ike-all: { secret: "{{ClientConf.Secret}}" } }""" }.ToString());
        await site.Node.ReloadAsync();
        await Wait.UntilAsync(
            "bob let in", async () => (await site.Client.InitiateChildAsync("net")).Succeeded,
            () => site.Client.Log + site.Node.Evidence);

        Assert.False(tooEarly.Succeeded);
        Assert.Contains(
            await site.Node.ListSasAsync(),
            sa => sa.GetProperty("local_spi").GetString() == alice.ResponderSpi);
    }

    [Fact]
    public async Task A_faulty_file_is_refused_and_the_node_goes_on_as_before()
    {
        await using Site site = await Site.OpenAsync();

        site.Node.Folder.Write("node.yaml", new NodeConf { ConnectionOptions = "dpd_dely: 30s" }.ToString());
        await site.Node.ReloadAsync();
        await site.Node.WaitForLogAsync("dpd_dely");

        CharonSa sa = await site.ConnectAsync();
        Assert.True(sa.IsEstablished);
    }
}
