using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>CREATE_CHILD_SA (RFC 7296 §1.3): rekeys and further children, asked for by charon.</summary>
public sealed class RekeyTests
{
    private const string SecondChild = """
        second {
          esp_proposals = aes128gcm16
          remote_ts = 10.99.0.0/24
        }
        """;

    private const string NoTunnel = """
        elsewhere {
          esp_proposals = aes128gcm16
          remote_ts = 203.0.113.0/24
        }
        """;

    [Fact]
    public async Task A_child_is_rekeyed_without_a_key_exchange()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa before = await site.ConnectAsync();

        CharonChildSa rekeyed = await RekeyChildAsync(site, before);

        Assert.Equal("AES_GCM_16-256", rekeyed.Suite);
        await AssertSameChildrenAsync(site);
    }

    [Fact]
    public async Task A_child_is_rekeyed_with_perfect_forward_secrecy()
    {
        await using Site site = await Site.OpenAsync(
            new NodeConf { EspProposals = "aes256gcm16-ecp256" },
            ClientConf.Psk(espProposals: "aes256gcm16-ecp256"));
        CharonSa before = await site.ConnectAsync();

        CharonChildSa rekeyed = await RekeyChildAsync(site, before);

        Assert.Equal("AES_GCM_16-256/ECP_256", rekeyed.Suite);
        await AssertSameChildrenAsync(site);
    }

    [Fact]
    public async Task An_IKE_SA_is_rekeyed_and_its_child_moves_over()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa before = await site.ConnectAsync();

        CharonSa after = await RekeyIkeAsync(site, before);

        Assert.Equal(before.Children[0].SpiIn, Assert.Single(after.Children).SpiIn);
        Assert.Equal(before.VirtualAddresses, after.VirtualAddresses);
        await AssertSameChildrenAsync(site);
        Assert.Equal(after.ResponderSpi, await LocalSpiAsync(site));
    }

    [Fact]
    public async Task Rekeys_can_follow_each_other_in_any_order()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa sa = await site.ConnectAsync();

        for (int round = 0; round < 3; round++)
        {
            sa = await RekeyIkeAsync(site, sa);
            await RekeyChildAsync(site, sa);
            sa = (await site.Client.ListSasAsync()).Single(one => one.IsEstablished);
        }

        await AssertSameChildrenAsync(site);
        Assert.Equal(1, site.Client.CountInLog("generating IKE_AUTH request"));
    }

    [Fact]
    public async Task A_second_child_joins_the_first()
    {
        await using Site site = await Site.OpenAsync(
            new NodeConf { MoreChildren = "second: { local_ts: [10.99.0.0/24], esp_proposals: [aes128gcm16] }" },
            ClientConf.Psk(moreChildren: SecondChild));
        await site.ConnectAsync();

        CharonSa sa = await site.ConnectAsync("second");

        Assert.Equal(["net", "second"], sa.Children.Select(child => child.Name).Order());
        Assert.Equal("AES_GCM_16-128", sa.Children.Single(child => child.Name == "second").Suite);
        Assert.Equal(2, (await site.SingleSaAsync()).GetProperty("children").GetArrayLength());
    }

    [Fact]
    public async Task A_refused_second_child_leaves_the_IKE_SA_and_its_first_child_alone()
    {
        await using Site site = await Site.OpenAsync(
            new NodeConf { LocalTrafficSelectors = "[10.99.0.0/24]", EspProposals = "aes256gcm16, aes128gcm16" },
            ClientConf.Psk(moreChildren: NoTunnel));
        CharonSa before = await site.ConnectAsync();

        CommandResult refused = await site.Client.InitiateChildAsync("elsewhere");

        Assert.False(refused.Succeeded, refused.Transcript);
        Assert.Contains("TS_UNACCEPTABLE", site.Client.Log, StringComparison.Ordinal);
        CharonSa after = Assert.Single(await site.Client.ListSasAsync());
        Assert.Equal(before.ResponderSpi, after.ResponderSpi);
        Assert.Equal("net", Assert.Single(after.Children).Name);
    }

    [Fact]
    public async Task A_refused_first_child_leaves_an_IKE_SA_that_can_take_another()
    {
        await using Site site = await Site.OpenAsync(
            new NodeConf { LocalTrafficSelectors = "[10.99.0.0/24]", EspProposals = "aes256gcm16, aes128gcm16" },
            ClientConf.Psk(moreChildren: NoTunnel));

        CommandResult refused = await site.Client.InitiateChildAsync("elsewhere");

        Assert.False(refused.Succeeded, refused.Transcript);
        CharonSa childless = Assert.Single(await site.Client.ListSasAsync());
        Assert.True(childless.IsEstablished);
        Assert.Empty(childless.Children);
        CharonSa sa = await site.ConnectAsync("net");
        Assert.Equal(childless.ResponderSpi, sa.ResponderSpi);
    }

    private static async Task<CharonChildSa> RekeyChildAsync(Site site, CharonSa before)
    {
        string oldSpi = before.Children.First(child => child.IsInstalled).SpiIn;
        (await site.Client.RekeyChildAsync("net")).OrThrow();
        IReadOnlyList<CharonSa> sas = await site.Client.WaitForSasAsync(
            "a child under a new SPI", all => FreshChild(all, oldSpi) is not null);
        return FreshChild(sas, oldSpi)!;
    }

    private static CharonChildSa? FreshChild(IReadOnlyList<CharonSa> sas, string oldSpi) =>
        sas.SelectMany(sa => sa.Children).FirstOrDefault(child => child.IsInstalled && child.SpiIn != oldSpi);

    private static async Task<CharonSa> RekeyIkeAsync(Site site, CharonSa before)
    {
        (await site.Client.RekeyIkeAsync("vpn")).OrThrow();
        IReadOnlyList<CharonSa> sas = await site.Client.WaitForSasAsync(
            "an IKE SA under new SPIs",
            all => all is [{ IsEstablished: true } sa] && sa.ResponderSpi != before.ResponderSpi);
        return sas[0];
    }

    private static async Task<string?> LocalSpiAsync(Site site)
    {
        JsonElement sa = await site.SingleSaAsync();
        return sa.GetProperty("local_spi").GetString();
    }

    /// <summary>Once deletes have settled, both sides list the same Child SAs.</summary>
    private static Task AssertSameChildrenAsync(Site site) => Wait.UntilAsync(
        "the same children in both lists",
        async () =>
        {
            string[] theirs =
            [
                .. (await site.Client.ListSasAsync()).SelectMany(sa => sa.Children)
                    .Where(child => child.IsInstalled).Select(child => child.SpiOut).Order(),
            ];
            string?[] ours =
            [
                .. (await site.Node.ListSasAsync())
                    .SelectMany(sa => sa.GetProperty("children").EnumerateArray())
                    .Select(child => child.GetProperty("spi_in").GetString()).Order(),
            ];
            return theirs.Length > 0 && theirs.SequenceEqual(ours);
        },
        () => site.Client.Log + site.Node.Evidence);
}
