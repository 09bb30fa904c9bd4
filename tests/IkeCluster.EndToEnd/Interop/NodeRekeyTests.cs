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
        await using Site site = await Site.OpenAsync();
        CharonSa sa = await site.ConnectAsync();
        for (int round = 0; round < 4; round++)
        {
            CommandResult[] child = await Task.WhenAll(CtlRekeyAsync(site, "--child", "net"), site.Client.RekeyChildAsync("net"));
            Assert.All(child, begun => begun.OrThrow());
            sa = await WaitForChildAsync(site, sa);
            await AssertAgreedAsync(site);
            CommandResult[] ike = await Task.WhenAll(CtlRekeyAsync(site), site.Client.RekeyIkeAsync("vpn"));
            Assert.All(ike, begun => begun.OrThrow());
            sa = await WaitForIkeAsync(site, sa);
            await AssertAgreedAsync(site);
        }

        Assert.Equal(1, site.Client.CountInLog("generating IKE_AUTH request"));
    }

    private static async Task<CommandResult> CtlRekeyAsync(Site site, params string[] options)
    {
        JsonElement[] sas = await site.Node.ListSasAsync();
        string spi = sas.Single(sa => sa.GetProperty("state").GetString() == "established").GetProperty("local_spi").GetString()!;
        return await site.Node.CtlAsync(["sa", "rekey", spi, .. options]);
    }

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

    /// <summary>Once deletes have settled, both list the same IKE SA with the same child.</summary>
    private static Task AssertAgreedAsync(Site site) => Wait.UntilAsync(
        "the same SAs in both lists",
        async () =>
        {
            IReadOnlyList<CharonSa> theirs = await site.Client.ListSasAsync();
            JsonElement[] ours = await site.Node.ListSasAsync();
            return theirs is [{ IsEstablished: true } sa] && Installed(sa) is [CharonChildSa child] && ours is [JsonElement node]
                && node.GetProperty("children").EnumerateArray().ToArray() is [JsonElement other]
                && (other.GetProperty("spi_in").GetString(), other.GetProperty("spi_out").GetString()) == (child.SpiOut, child.SpiIn)
                && node.GetProperty("local_spi").GetString() == (sa.IsInitiator ? sa.ResponderSpi : sa.InitiatorSpi);
        },
        () => site.Client.Log + site.Node.Evidence);
}
