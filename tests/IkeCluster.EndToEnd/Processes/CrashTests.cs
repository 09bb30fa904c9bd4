using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Processes;

/// <summary>
/// CONTRACT.md, guarantee 1: kill -9, start again, and the client goes on under the same SPIs without authenticating
/// again.
/// </summary>
public sealed class CrashTests
{
    private const string Impatient = "retransmit_timeout = 1\n  retransmit_base = 1.0\n  retransmit_tries = 30";

    [Fact]
    public async Task After_kill_9_liveness_and_both_rekeys_go_on_without_a_new_login()
    {
        await using Site site = await OpenWithLivenessAsync();
        CharonSa before = await site.ConnectAsync();

        await site.Node.Kill9Async();
        await site.Node.StartAsync();
        await AssertLivenessAnsweredAsync(site);
        await Figures.ShowAsync(site.Client, "killed, started, liveness answered");

        CharonSa alive = Assert.Single(await site.Client.ListSasAsync());
        Assert.Equal(before.InitiatorSpi, alive.InitiatorSpi);
        Assert.Equal(before.ResponderSpi, alive.ResponderSpi);
        Assert.Equal(before.Children[0].SpiIn, Assert.Single(alive.Children).SpiIn);

        (await site.Client.RekeyChildAsync("net")).OrThrow();
        await site.Client.WaitForSasAsync(
            "a child under a new SPI",
            sas => sas.Single().Children.Any(
                child => child.IsInstalled && child.SpiIn != before.Children[0].SpiIn));

        (await site.Client.RekeyIkeAsync("vpn")).OrThrow();
        IReadOnlyList<CharonSa> after = await site.Client.WaitForSasAsync(
            "an IKE SA under new SPIs",
            sas => sas is [{ IsEstablished: true } sa] && sa.ResponderSpi != before.ResponderSpi);

        await Figures.ShowAsync(site.Client, "child and IKE SA rekeyed after the crash");
        Assert.Equal(before.VirtualAddresses, after[0].VirtualAddresses);
        Assert.Equal(1, site.Client.CountInLog("generating IKE_AUTH request"));
        Assert.Equal(1, site.Client.CountInLog("generating IKE_SA_INIT request"));
    }

    [Fact]
    public async Task Crash_after_crash_the_SA_is_still_there()
    {
        await using Site site = await OpenWithLivenessAsync();
        CharonSa before = await site.ConnectAsync();

        for (int crash = 0; crash < 3; crash++)
        {
            await site.Node.Kill9Async();
            await site.Node.StartAsync();
            await AssertLivenessAnsweredAsync(site);
            (await site.Client.RekeyChildAsync("net")).OrThrow();
            await Wait.UntilAsync(
                "another child rekeyed",
                () => site.Client.CountInLog("inbound CHILD_SA net{") > crash, () => site.Client.Log);
        }

        CharonSa after = Assert.Single(await site.Client.ListSasAsync());
        Assert.Equal(before.ResponderSpi, after.ResponderSpi);
        Assert.Equal(1, site.Client.CountInLog("generating IKE_AUTH request"));
    }

    [Fact]
    public async Task After_kill_9_a_deleted_SA_stays_deleted_and_the_address_comes_back()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa before = await site.ConnectAsync();
        (await site.Client.TerminateIkeAsync("vpn")).OrThrow();

        await site.Node.Kill9Async();
        await site.Node.StartAsync();

        Assert.Empty(await site.Node.ListSasAsync());
        CharonSa after = await site.ConnectAsync();
        Assert.Equal(before.VirtualAddresses, after.VirtualAddresses);
    }

    [Fact]
    public async Task After_kill_9_the_operator_can_end_what_was_there()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa sa = await site.ConnectAsync();

        await site.Node.Kill9Async();
        await site.Node.StartAsync();
        CommandResult terminated = await site.Node.CtlAsync("sa", "terminate", sa.ResponderSpi);

        Assert.True(terminated.Succeeded, terminated.Transcript);
        await site.Client.WaitForSasAsync("no SA at the client", sas => sas.Count == 0);
    }

    [Fact]
    public async Task A_stop_by_SIGTERM_ends_with_0_and_the_next_start_goes_on()
    {
        await using Site site = await OpenWithLivenessAsync();
        CharonSa before = await site.ConnectAsync();

        Assert.Equal(0, await site.Node.StopAsync());
        await site.Node.StartAsync();
        await AssertLivenessAnsweredAsync(site);

        Assert.Equal(before.ResponderSpi, Assert.Single(await site.Client.ListSasAsync()).ResponderSpi);
    }

    private static Task<Site> OpenWithLivenessAsync() => Site.OpenAsync(
        client: ClientConf.Psk(connectionOptions: "vips = 0.0.0.0, ::\n    dpd_delay = 1s"),
        charonSettings: Impatient);

    private static async Task AssertLivenessAnsweredAsync(Site site)
    {
        int answered = site.Client.CountInLog("parsed INFORMATIONAL response");
        await Wait.UntilAsync(
            "an answer to the client's liveness check",
            () => site.Client.CountInLog("parsed INFORMATIONAL response") > answered,
            () => site.Client.Log + site.Node.Evidence);
    }
}
