using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>One identity that logs in twice: <c>unique</c>, INITIAL_CONTACT, and reauthentication by make-before-break.</summary>
public sealed class UniqueTests
{
    private const string Quickly = "ike: { retransmit_timeout: 500ms, retransmit_base: 1.0, retransmit_tries: 2 }";

    // charon says INITIAL_CONTACT by itself, unless its own policy is never.
    private const string Client = "vips = 0.0.0.0, ::";
    private const string SilentClient = Client + "\nunique = never";

    [Theory]
    [InlineData(Client, "initial_contact")]
    [InlineData(SilentClient, "replaced")]
    public async Task A_client_that_died_and_comes_back_has_its_addresses_again(string client, string cause)
    {
        string configuration = ClientConf.Psk(connectionOptions: client);
        await using Site site = await Site.OpenAsync(Node("replace"), configuration);
        CharonSa before = await site.ConnectAsync();
        await site.Client.Kill9Async();

        await using CharonPeer again = await CharonPeer.StartAsync(site.Lab.Client);
        await again.LoadAsync(configuration);
        CharonSa after = await again.ConnectAsync("net");

        Assert.NotEqual(before.ResponderSpi, after.ResponderSpi);
        Assert.Equal(before.VirtualAddresses, after.VirtualAddresses);
        await site.Node.WaitForSasAsync("one SA at the node", sas => sas.Length == 1, patience: TimeSpan.FromSeconds(40));
        JsonElement left = await site.SingleSaAsync();
        Assert.Equal(after.ResponderSpi, left.GetProperty("local_spi").GetString(), ignoreCase: true);
        Assert.Equal(1, await site.Node.SumMetricAsync("ike_sas_ended_total", $"cause=\"{cause}\""));
        Assert.Equal(1, await site.Node.SumMetricAsync("ike_pool_addresses", "pool=\"rw4\"", "state=\"leased\""));
        Assert.Equal(after.ResponderSpi, Assert.Single(await again.ListSasAsync()).ResponderSpi);
    }

    [Fact]
    public async Task Replace_ends_the_first_device_and_gives_the_second_its_addresses()
    {
        await using Site site = await Site.OpenAsync(Node("replace"), ClientConf.Psk(connectionOptions: SilentClient));
        CharonSa first = await site.ConnectAsync();
        await using CharonPeer other = await OtherDeviceAsync(site);
        CharonSa second = await other.ConnectAsync("net");

        await site.Client.WaitForLogAsync("received DELETE for IKE_SA");
        await site.Client.WaitForSasAsync("no SA at the first device", sas => sas.Count == 0);
        Assert.Equal(first.VirtualAddresses, second.VirtualAddresses);
        Assert.True(Assert.Single(await other.ListSasAsync()).IsEstablished);
        await site.Node.WaitForSasAsync("one SA at the node", sas => sas.Length == 1);
    }

    [Fact]
    public async Task Keep_refuses_the_second_device()
    {
        await using Site site = await Site.OpenAsync(Node("keep"), ClientConf.Psk(connectionOptions: SilentClient));
        CharonSa first = await site.ConnectAsync();
        await using CharonPeer other = await OtherDeviceAsync(site);
        CommandResult refused = await other.InitiateChildAsync("net");

        Assert.False(refused.Succeeded);
        Assert.Contains("received AUTHENTICATION_FAILED notify error", other.Log, StringComparison.Ordinal);
        Assert.Equal(first.ResponderSpi, Assert.Single(await site.Client.ListSasAsync()).ResponderSpi);
        Assert.Equal(1, await site.Node.SumMetricAsync("ike_auth_total", "result=\"already_connected\""));
        await site.SingleSaAsync();
    }

    [Theory]
    [InlineData("no")]
    [InlineData("keep")]
    [InlineData("replace")]
    public async Task Make_before_break_keeps_the_addresses(string unique)
    {
        await using Site site = await Site.OpenAsync(
            Node(unique), ClientConf.Psk(connectionOptions: Client), charonSettings: "make_before_break = yes");
        CharonSa before = await site.ConnectAsync();
        (await site.Client.SwanctlAsync("--rekey", "--ike", "vpn", "--reauth")).OrThrow();

        IReadOnlyList<CharonSa> sas = await site.Client.WaitForSasAsync(
            "another SA in the place of the first", list => list is [{ IsEstablished: true } one] && one.ResponderSpi != before.ResponderSpi);
        Assert.Equal(before.VirtualAddresses, sas[0].VirtualAddresses);
        Assert.Contains(sas[0].Children, child => child.IsInstalled);
        await site.Node.WaitForSasAsync("one SA at the node", list => list.Length == 1);
        Assert.Equal(1, await site.Node.SumMetricAsync("ike_sas_ended_total", "cause=\"peer_delete\""));
        Assert.Equal(1, await site.Node.SumMetricAsync("ike_pool_addresses", "pool=\"rw4\"", "state=\"leased\""));
    }

    private static NodeConf Node(string unique) => new() { ConnectionOptions = $"unique: {unique}", MoreSections = Quickly };

    /// <summary>A device of the same user, which has ports of its own on the same address, as behind a NAT.</summary>
    private static async Task<CharonPeer> OtherDeviceAsync(Site site)
    {
        CharonPeer other = await CharonPeer.StartAsync(site.Lab.Client, "port = 2500\nport_nat_t = 24500");
        await other.LoadAsync(ClientConf.Psk(connectionOptions: SilentClient));
        return other;
    }
}
