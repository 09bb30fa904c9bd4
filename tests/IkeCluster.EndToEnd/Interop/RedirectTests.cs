using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>strongSwan follows REDIRECT (RFC 5685). The other gateway is another address of the same node.</summary>
public sealed class RedirectTests
{
    private const string OtherAddress = "192.0.2.10";

    [Fact]
    public async Task A_new_client_is_sent_to_the_other_address_and_gets_in_there()
    {
        await using Site site = await OpenAsync("always");

        CharonSa sa = await site.ConnectAsync();

        Assert.Equal(OtherAddress, sa.RemoteAddress);
        Assert.Contains("N(REDIR_FROM)", site.Client.Log, StringComparison.Ordinal);
        JsonElement ours = await site.SingleSaAsync();
        Assert.StartsWith(OtherAddress, ours.GetProperty("local_address").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_has_an_SA_is_told_while_the_node_drains()
    {
        await using Site site = await OpenAsync("drain");
        CharonSa sa = await site.ConnectAsync();
        Assert.Equal(Lab.ServerAddress, sa.RemoteAddress);

        Task<int> stopped = site.Node.StopAsync();

        await site.Client.WaitForLogAsync("N(REDIR)");
        await site.Client.WaitForLogAsync(OtherAddress);
        Assert.Equal(0, await stopped);
    }

    private static async Task<Site> OpenAsync(string when)
    {
        Site site = await Site.OpenAsync(
            new NodeConf { MoreSections = $"redirect: {{ to: {OtherAddress}, when: {when} }}" });
        await site.Lab.Server.AddAddressesAsync(site.Lab.ServerDevice, OtherAddress + "/24");
        return site;
    }
}
