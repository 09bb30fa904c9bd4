using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>Rekeys that our node begins (RFC 7296 §2.8), with charon at the other end; and both at once.</summary>
public sealed class NodeRekeyTests
{
    [Theory]
    [InlineData("aes256gcm16", "AES_GCM_16-256")]
    [InlineData("aes256gcm16-ecp256", "AES_GCM_16-256/ECP_256")]
    public async Task A_child_whose_time_has_come_is_under_new_SPIs(string esp, string suite)
    {
        await using Site site = await Site.OpenAsync(
            new NodeConf { EspProposals = esp, ChildOptions = ", rekey_time: 4s, rand_time: 1s" }, ClientConf.Psk(espProposals: esp));
        CharonSa before = await site.ConnectAsync();

        CharonSa after = await WaitForChildAsync(site, before);

        Assert.Equal(before.ResponderSpi, after.ResponderSpi);
        Assert.Equal(suite, Installed(after)[0].Suite);
        Assert.Equal(before.Children[0].LocalTrafficSelectors, Installed(after)[0].LocalTrafficSelectors);
        await AssertAgreedAsync(site);
    }

    [Fact]
    public async Task An_IKE_SA_whose_time_has_come_is_under_new_SPIs_and_keeps_child_and_addresses()
    {
        await using Site site = await Site.OpenAsync(new NodeConf { ConnectionOptions = "rekey_time: 4s\n    rand_time: 1s" });
        CharonSa before = await site.ConnectAsync();

        CharonSa after = await WaitForIkeAsync(site, before);

        Assert.False(after.IsInitiator);
        Assert.Equal(before.VirtualAddresses, after.VirtualAddresses);
        Assert.Equal(before.Children[0].SpiIn, Assert.Single(after.Children).SpiIn);
        await AssertAgreedAsync(site);
        Assert.Equal(1, site.Client.CountInLog("generating IKE_AUTH request"));
    }

    [Fact]
    public async Task The_operator_and_the_client_rekey_in_turn()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa sa = await site.ConnectAsync();
        for (int round = 0; round < 2; round++)
        {
            (await CtlRekeyAsync(site)).OrThrow();
            sa = await WaitForIkeAsync(site, sa);
            (await site.Client.RekeyChildAsync("net")).OrThrow();
            sa = await WaitForChildAsync(site, sa);
            (await CtlRekeyAsync(site, "--child", "net")).OrThrow();
            sa = await WaitForChildAsync(site, sa);
            (await site.Client.RekeyIkeAsync("vpn")).OrThrow();
            sa = await WaitForIkeAsync(site, sa);
        }

        await AssertAgreedAsync(site);
    }

    [Fact]
    public async Task Both_begin_at_once_and_agree_in_the_end()
    {
        // With MOBIKE charon's list of addresses would be under way when it is to begin.
        await using Site site = await Site.OpenAsync(
            new NodeConf { MoreSections = "ike: { retransmit_timeout: 500ms, retransmit_base: 1.0, retransmit_tries: 30 }" },
            ClientConf.Psk(connectionOptions: "vips = 0.0.0.0, ::\nmobike = no"));
        CharonSa sa = await site.ConnectAsync();
        for (int round = 1; round <= 3; round++)
        {
            await ClashAsync(site, () => CtlRekeyAsync(site, "--child", "net"), () => site.Client.RekeyChildAsync("net"));
            sa = await WaitForChildAsync(site, sa);
            await AssertAgreedAsync(site);
            Assert.Equal(round, site.Client.CountInLog("detected CHILD_REKEY collision with CHILD_REKEY"));

            await ClashAsync(site, () => CtlRekeyAsync(site), () => site.Client.RekeyIkeAsync("vpn"));
            sa = await WaitForIkeAsync(site, sa);
            await AssertAgreedAsync(site);
            Assert.Equal(round, site.Client.CountInLog("detected IKE_REKEY collision with IKE_REKEY"));
        }

        Assert.Equal(1, site.Client.CountInLog("generating IKE_AUTH request"));
    }

    /// <summary>Neither hears the other's answer before it has the other's request.</summary>
    private static async Task ClashAsync(Site site, Func<Task<CommandResult>> ours, Func<Task<CommandResult>> theirs)
    {
        double before = await CountAnswersAsync(site);
        await using Gag gag = await Gag.PutOnAsync(site.Lab);
        (await ours()).OrThrow();
        (await theirs()).OrThrow();
        await Wait.UntilAsync("our answer, unheard", async () => await CountAnswersAsync(site) > before, () => site.Client.Log + site.Node.Evidence);
        await gag.TakeOffAsync();
    }

    private static Task<double> CountAnswersAsync(Site site) =>
        site.Node.SumMetricAsync("ike_exchanges_total", "exchange=\"create_child_sa\"", "role=\"responder\"");

    private static async Task<CommandResult> CtlRekeyAsync(Site site, params string[] options)
    {
        string spi = (await EstablishedAsync(site)).Single().GetProperty("local_spi").GetString()!;
        return await site.Node.CtlAsync(["sa", "rekey", spi, .. options]);
    }

    private static async Task<JsonElement[]> EstablishedAsync(Site site) =>
        [.. (await site.Node.ListSasAsync()).Where(sa => sa.GetProperty("state").GetString() == "established")];

    private static async Task<CharonSa> WaitForChildAsync(Site site, CharonSa before) => Assert.Single(
        await site.Client.WaitForSasAsync(
            "one child under new SPIs",
            all => all is [CharonSa sa] && Installed(sa) is [CharonChildSa child] && before.Children.All(old => old.SpiIn != child.SpiIn)));

    /// <summary>Charon lists a child for five seconds after its Delete.</summary>
    private static CharonChildSa[] Installed(CharonSa sa) => [.. sa.Children.Where(child => child.IsInstalled)];

    private static async Task<CharonSa> WaitForIkeAsync(Site site, CharonSa before) => Assert.Single(
        await site.Client.WaitForSasAsync(
            "one IKE SA under new SPIs",
            all => all is [{ IsEstablished: true } sa] && (sa.InitiatorSpi, sa.ResponderSpi) != (before.InitiatorSpi, before.ResponderSpi)));

    /// <summary>
    /// Both list the same IKE SA in use, with the same child. A redundant one that charon has forgotten, because the old one
    /// was deleted before it heard how the clash ended, may stay at our node for a while, empty.
    /// </summary>
    private static Task AssertAgreedAsync(Site site) => Wait.UntilAsync(
        "the same SAs in both lists",
        async () =>
        {
            IReadOnlyList<CharonSa> theirs = await site.Client.ListSasAsync();
            JsonElement[] ours = await EstablishedAsync(site);
            return theirs is [{ IsEstablished: true } sa] && Installed(sa) is [CharonChildSa child] && ours is [JsonElement node]
                && node.GetProperty("children").EnumerateArray().ToArray() is [JsonElement other]
                && (other.GetProperty("spi_in").GetString(), other.GetProperty("spi_out").GetString()) == (child.SpiOut, child.SpiIn)
                && node.GetProperty("local_spi").GetString() == (sa.IsInitiator ? sa.ResponderSpi : sa.InitiatorSpi);
        },
        () => site.Client.Log + site.Node.Evidence);
}
