using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>charon logs in with a pre-shared key, and both sides tell the same story about it.</summary>
public sealed class PskLoginTests
{
    [Fact]
    public async Task The_clients_list_shows_suite_virtual_addresses_and_an_installed_child()
    {
        await using Site site = await Site.OpenAsync();

        CharonSa sa = await site.ConnectAsync();

        Assert.True(sa.IsEstablished);
        Assert.Equal("AES_GCM_16-256/PRF_HMAC_SHA2_384/CURVE_25519", sa.Suite);
        Assert.Equal("vpn.example.org", sa.RemoteId);
        Assert.Collection(
            sa.VirtualAddresses,
            ip => Assert.StartsWith("10.64.", ip, StringComparison.Ordinal),
            ip => Assert.StartsWith("fd00:64::", ip, StringComparison.Ordinal));
        Assert.Contains("nameserver 10.64.0.1", site.Client.ResolvConf, StringComparison.Ordinal);
        Assert.Contains("nameserver fd00:64::53", site.Client.ResolvConf, StringComparison.Ordinal);

        CharonChildSa child = Assert.Single(sa.Children);
        Assert.Equal("TUNNEL", child.Mode);
        Assert.Equal("AES_GCM_16-256", child.Suite);
        Assert.Equal([.. sa.VirtualAddresses.Select(WithHostPrefix)], child.LocalTrafficSelectors);
        Assert.Equal(["0.0.0.0/0", "::/0"], child.RemoteTrafficSelectors);
    }

    [Fact]
    public async Task Ikectl_shows_what_the_client_shows()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa theirs = await site.ConnectAsync();

        JsonElement ours = await site.SingleSaAsync();

        Assert.Equal(theirs.ResponderSpi, ours.GetProperty("local_spi").GetString());
        Assert.Equal(theirs.InitiatorSpi, ours.GetProperty("peer_spi").GetString());
        Assert.Equal("roadwarrior", ours.GetProperty("connection").GetString());
        Assert.Equal("established", ours.GetProperty("state").GetString(), ignoreCase: true);
        Assert.Equal("alice@example.org", ours.GetProperty("remote_id").GetString());
        Assert.Equal("vpn.example.org", ours.GetProperty("local_id").GetString());
        Assert.Contains(Lab.ClientAddress, ours.GetProperty("remote_address").GetString(), StringComparison.Ordinal);
        Assert.Equal(
            theirs.VirtualAddresses, ours.GetProperty("virtual_ips").EnumerateArray().Select(ip => ip.GetString()));
        JsonElement child = Assert.Single(ours.GetProperty("children").EnumerateArray());
        Assert.Equal("net", child.GetProperty("name").GetString());
        Assert.Equal(theirs.Children[0].SpiOut, child.GetProperty("spi_in").GetString());
        Assert.Equal(theirs.Children[0].SpiIn, child.GetProperty("spi_out").GetString());
    }

    [Fact]
    public async Task An_identity_keeps_its_address_from_one_login_to_the_next()
    {
        await using Site site = await Site.OpenAsync();
        CharonSa first = await site.ConnectAsync();
        (await site.Client.TerminateIkeAsync("vpn")).OrThrow();

        CharonSa second = await site.ConnectAsync();

        Assert.Equal(first.VirtualAddresses, second.VirtualAddresses);
    }

    [Fact]
    public async Task Two_clients_get_addresses_of_their_own()
    {
        await using Site site = await Site.OpenAsync(new NodeConf
        {
            Secrets = $$"""
                secrets:
                  ike-all: { secret: "{{ClientConf.Secret}}" }
                """,
        });
        CharonSa alice = await site.ConnectAsync();
        await using NetworkNamespace elsewhere = await NetworkNamespace.CreateAsync();
        (string here, string there) = await elsewhere.ConnectAsync(site.Lab.Server);
        await elsewhere.AddAddressesAsync(here, "198.51.100.2/24");
        await site.Lab.Server.AddAddressesAsync(there, "198.51.100.1/24");
        await using CharonPeer second = await CharonPeer.StartAsync(elsewhere);
        await second.LoadAsync(ClientConf.Psk(id: "bob@example.org", server: "198.51.100.1"));

        CharonSa bob = await second.ConnectAsync("net");

        Assert.Empty(alice.VirtualAddresses.Intersect(bob.VirtualAddresses));
        Assert.Equal(2, (await site.Node.ListSasAsync()).Length);
    }

    private static string WithHostPrefix(string address) =>
        address.Contains(':', StringComparison.Ordinal) ? address + "/128" : address + "/32";
}
