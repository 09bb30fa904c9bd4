using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>How datagrams get here: cookies, a wrong first group, IPv6 outside, NAT and a NAT that forgets.</summary>
public sealed class PathTests
{
    [Fact]
    public async Task With_cookies_always_the_client_returns_ours_and_gets_in()
    {
        await using Site site = await Site.OpenAsync(
            new NodeConf { MoreSections = "admission: { cookies: always }" });

        CharonSa sa = await site.ConnectAsync();

        Assert.True(sa.IsEstablished);
        Assert.Contains(
            "parsed IKE_SA_INIT response 0 [ N(COOKIE) ]", site.Client.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_guesses_the_wrong_group_is_told_the_right_one()
    {
        await using Site site = await Site.OpenAsync(
            client: ClientConf.Psk(proposals: "aes256gcm16-prfsha384-modp2048-x25519"));

        CharonSa sa = await site.ConnectAsync();

        Assert.EndsWith("CURVE_25519", sa.Suite, StringComparison.Ordinal);
        Assert.Contains(
            "parsed IKE_SA_INIT response 0 [ N(INVAL_KE) ]", site.Client.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_group_under_cookies_always_ends_well_too()
    {
        await using Site site = await Site.OpenAsync(
            new NodeConf { MoreSections = "admission: { cookies: always }" },
            ClientConf.Psk(proposals: "aes256gcm16-prfsha384-modp2048-x25519"));

        CharonSa sa = await site.ConnectAsync();

        Assert.EndsWith("CURVE_25519", sa.Suite, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_common_proposal_is_said_at_once()
    {
        await using Site site = await Site.OpenAsync(
            client: ClientConf.Psk(proposals: "aes128gcm16-prfsha256-ecp256"));

        CommandResult initiated = await site.Client.InitiateChildAsync("net");

        Assert.False(initiated.Succeeded, initiated.Transcript);
        Assert.Contains("NO_PROPOSAL_CHOSEN", site.Client.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_outer_addresses_may_be_IPv6()
    {
        await using Site site = await Site.OpenAsync(client: ClientConf.Psk(server: Lab.ServerAddress6));

        CharonSa sa = await site.ConnectAsync();

        Assert.Equal(Lab.ServerAddress6, sa.RemoteAddress);
        Assert.Equal(2, sa.VirtualAddresses.Count);
    }

    [Fact]
    public async Task A_client_behind_a_masquerading_router_gets_in_on_port_4500()
    {
        await using NatLab lab = await NatLab.CreateAsync();
        await using IkeNode node = await IkeNode.StartAsync(lab.Server, new NodeConf().ToString());
        await using CharonPeer client = await CharonPeer.StartAsync(lab.Client);
        await client.LoadAsync(ClientConf.Psk());

        CharonSa sa = await client.ConnectAsync("net");

        Assert.Equal(4500, sa.RemotePort);
        Assert.True(sa.IsNatDetected);
        Assert.Contains("local host is behind NAT", client.Log, StringComparison.Ordinal);
        JsonElement ours = Assert.Single(await node.ListSasAsync());
        Assert.StartsWith(
            NatLab.RouterAddress, ours.GetProperty("remote_address").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_whose_NAT_forgot_it_is_found_at_its_new_port()
    {
        await using NatLab lab = await NatLab.CreateAsync();
        await using IkeNode node = await IkeNode.StartAsync(lab.Server, new NodeConf().ToString());
        await using CharonPeer client = await CharonPeer.StartAsync(lab.Client);
        await client.LoadAsync(ClientConf.Psk(connectionOptions: "vips = 0.0.0.0, ::\ndpd_delay = 1s\nmobike = no"));
        CharonSa sa = await client.ConnectAsync("net");
        string? oldAddress = Assert.Single(await node.ListSasAsync()).GetProperty("remote_address").GetString();

        await lab.ForgetAsync();
        await node.WaitForSasAsync(
            "the client at another port",
            sas => sas.Single().GetProperty("remote_address").GetString() != oldAddress);
        CommandResult terminated = await node.CtlAsync("sa", "terminate", sa.ResponderSpi);

        Assert.True(terminated.Succeeded, terminated.Transcript);
        await client.WaitForLogAsync("received DELETE for IKE_SA");
    }
}
