using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>Deletes from either side (RFC 7296 §1.4.1), and liveness.</summary>
public sealed class DeleteTests
{
    [Fact]
    public async Task The_client_deletes_the_IKE_SA()
    {
        await using Site site = await Site.OpenAsync();
        await site.ConnectAsync();

        (await site.Client.TerminateIkeAsync("vpn")).OrThrow();

        Assert.Empty(await site.Client.ListSasAsync());
        await site.Node.WaitForSasAsync("no SA at the node", sas => sas.Length == 0);
        // Answered, not given up: charon's own words.
        Assert.Contains("IKE_SA deleted", site.Client.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_client_deletes_a_child_and_the_IKE_SA_stays()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa before = await site.ConnectAsync();

        (await site.Client.TerminateChildAsync("net")).OrThrow();

        CharonSa after = Assert.Single(await site.Client.ListSasAsync());
        Assert.Equal(before.ResponderSpi, after.ResponderSpi);
        Assert.Empty(after.Children);
        await site.Node.WaitForSasAsync(
            "an SA without children", sas => sas.Single().GetProperty("children").GetArrayLength() == 0);
    }

    [Fact]
    public async Task The_operator_terminates_the_IKE_SA()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa sa = await site.ConnectAsync();

        CommandResult terminated = await site.Node.CtlAsync("sa", "terminate", sa.ResponderSpi);

        Assert.True(terminated.Succeeded, terminated.Transcript);
        await site.Client.WaitForLogAsync("received DELETE for IKE_SA");
        await site.Client.WaitForSasAsync("no SA at the client", sas => sas.Count == 0);
        await site.Node.WaitForSasAsync("no SA at the node", sas => sas.Length == 0);
    }

    [Fact]
    public async Task The_operator_terminates_a_child()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa sa = await site.ConnectAsync();

        CommandResult terminated = await site.Node.CtlAsync("sa", "terminate", sa.ResponderSpi, "--child", "net");

        Assert.True(terminated.Succeeded, terminated.Transcript);
        await site.Client.WaitForLogAsync("received DELETE for ESP CHILD_SA");
        await site.Client.WaitForSasAsync(
            "an SA without children", sas => sas is [{ IsEstablished: true, Children.Count: 0 }]);
    }

    [Fact]
    public async Task The_operator_terminates_by_identity()
    {
        await using Site site = await Site.OpenAsync();
        await site.ConnectAsync();

        CommandResult terminated =
            await site.Node.CtlAsync("sa", "terminate", "--identity", "alice@example.org");

        Assert.True(terminated.Succeeded, terminated.Transcript);
        await site.Client.WaitForSasAsync("no SA at the client", sas => sas.Count == 0);
    }

    [Fact]
    public async Task A_client_that_asks_whether_we_live_is_answered()
    {
        await using Site site = await Site.OpenAsync(
            client: ClientConf.Psk(connectionOptions: "vips = 0.0.0.0, ::\ndpd_delay = 1s"));
        CharonSa before = await site.ConnectAsync();

        await site.Client.WaitForLogAsync("parsed INFORMATIONAL response 3");

        CharonSa after = Assert.Single(await site.Client.ListSasAsync());
        Assert.Equal(before.ResponderSpi, after.ResponderSpi);
    }

    [Fact]
    public async Task We_ask_a_silent_client_whether_it_lives_and_let_go_of_a_dead_one()
    {
        await using Site site = await Site.OpenAsync(new NodeConf
        {
            ConnectionOptions = "dpd_delay: 1s\n    dpd_timeout: 4s",
            MoreSections = "ike: { retransmit_timeout: 500ms, retransmit_base: 1.0, retransmit_tries: 3 }",
        });
        await site.ConnectAsync();

        await site.Client.WaitForLogAsync("parsed INFORMATIONAL request");
        JsonElement alive = await site.SingleSaAsync();
        await site.Client.Kill9Async();

        Assert.Equal("established", alive.GetProperty("state").GetString(), ignoreCase: true);
        await site.Node.WaitForSasAsync("no SA at the node", sas => sas.Length == 0);
    }
}
