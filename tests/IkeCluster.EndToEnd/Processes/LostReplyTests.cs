using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Processes;

/// <summary>
/// A reply that is lost on the way is sent again octet for octet, not made again (RFC 7296 §2.1), by the next process too:
/// it was committed before it was sent (CONTRACT.md, guarantee 1).
/// </summary>
public sealed class LostReplyTests
{
    private const string Impatient = "retransmit_timeout = 1\n  retransmit_base = 1.0\n  retransmit_tries = 60";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_login_whose_reply_was_lost_is_one_login(bool crash)
    {
        await using Site site = await Site.OpenAsync(charonSettings: Impatient);
        await using Gag gag = await Gag.PutOnAsync(site.Lab, ports: "4500");

        Task<CommandResult> login = site.Client.InitiateChildAsync("net", timeoutSeconds: 60);
        await site.Client.WaitForLogAsync("retransmit 1 of request with message ID 1");
        string? spi = (await site.SingleSaAsync()).GetProperty("local_spi").GetString();
        await CrashIfAsync(crash, site);
        await gag.TakeOffAsync();
        CommandResult initiated = await login;

        Assert.True(initiated.Succeeded, initiated.Transcript + site.Node.Evidence);
        Assert.Equal(spi, Assert.Single(await site.Client.ListSasAsync()).ResponderSpi);
        Assert.Equal(spi, (await site.SingleSaAsync()).GetProperty("local_spi").GetString());
        Assert.Equal(1, site.Client.CountInLog("generating IKE_SA_INIT request"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_child_rekey_whose_reply_was_lost_makes_one_child(bool crash)
    {
        await using Site site = await Site.OpenAsync(charonSettings: Impatient);
        CharonSa before = await site.ConnectAsync();
        await using Gag gag = await Gag.PutOnAsync(site.Lab);

        (await site.Client.RekeyChildAsync("net")).OrThrow();
        await site.Client.WaitForLogAsync("retransmit 1 of request with message ID 2");
        string[] spisIn = await ChildSpisAsync(site);
        await CrashIfAsync(crash, site);
        await gag.TakeOffAsync();
        IReadOnlyList<CharonSa> after = await site.Client.WaitForSasAsync(
            "the new child alone installed",
            sas => sas is [{ Children: var children }]
                && children.Where(child => child.IsInstalled).ToArray() is [var one]
                && one.SpiIn != before.Children[0].SpiIn);

        Assert.Equal(2, spisIn.Length);
        Assert.Contains(after[0].Children.Single(child => child.IsInstalled).SpiOut, spisIn);
        await site.Node.WaitForSasAsync(
            "the new child alone at the node", sas => sas.Single().GetProperty("children").GetArrayLength() == 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_IKE_rekey_whose_reply_was_lost_makes_one_IKE_SA(bool crash)
    {
        await using Site site = await Site.OpenAsync(charonSettings: Impatient);
        CharonSa before = await site.ConnectAsync();
        await using Gag gag = await Gag.PutOnAsync(site.Lab);

        (await site.Client.RekeyIkeAsync("vpn")).OrThrow();
        await site.Client.WaitForLogAsync("retransmit 1 of request with message ID 2");
        await CrashIfAsync(crash, site);
        await gag.TakeOffAsync();
        IReadOnlyList<CharonSa> after = await site.Client.WaitForSasAsync(
            "one IKE SA under new SPIs",
            sas => sas is [{ IsEstablished: true } sa] && sa.ResponderSpi != before.ResponderSpi);

        await site.Node.WaitForSasAsync(
            "the new SA alone at the node",
            sas => sas is [var one] && one.GetProperty("local_spi").GetString() == after[0].ResponderSpi);
        Assert.Equal(before.Children[0].SpiIn, Assert.Single(after[0].Children).SpiIn);
        Assert.Equal(before.VirtualAddresses, after[0].VirtualAddresses);
    }

    [Fact]
    public async Task A_delete_whose_reply_was_lost_is_answered_when_it_is_repeated()
    {
        await using Site site = await Site.OpenAsync(charonSettings: Impatient);
        await site.ConnectAsync();
        await using Gag gag = await Gag.PutOnAsync(site.Lab);

        Task<CommandResult> ended = site.Client.TerminateIkeAsync("vpn", timeoutSeconds: 60);
        await site.Client.WaitForLogAsync("retransmit 1 of request with message ID 2");
        Assert.Empty(await site.Node.ListSasAsync());
        await gag.TakeOffAsync();

        Assert.True((await ended).Succeeded, site.Client.Log + site.Node.Evidence);
        Assert.Contains("parsed INFORMATIONAL response 2", site.Client.Log, StringComparison.Ordinal);
    }

    private static async Task CrashIfAsync(bool crash, Site site)
    {
        if (crash)
        {
            await site.Node.Kill9Async();
            await site.Node.StartAsync();
        }
    }

    private static async Task<string[]> ChildSpisAsync(Site site)
    {
        JsonElement sa = await site.SingleSaAsync();
        return [.. sa.GetProperty("children").EnumerateArray().Select(child => child.GetProperty("spi_in").GetString()!)];
    }
}
