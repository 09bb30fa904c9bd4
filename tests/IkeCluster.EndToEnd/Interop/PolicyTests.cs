using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>What the configuration decides: which connection serves, what is narrowed, what is refused.</summary>
public sealed class PolicyTests
{
    [Fact]
    public async Task The_defaults_of_both_sides_meet()
    {
        await using Site site = await Site.OpenAsync(
            new NodeConf { Proposals = "default", EspProposals = "default" },
            ClientConf.Psk(proposals: "default", espProposals: "default"));

        CharonSa sa = await site.ConnectAsync();

        // RFC 8247 and RFC 8221 agree with both: nothing that they discourage.
        Assert.DoesNotContain("SHA1", sa.Suite + sa.Children[0].Suite, StringComparison.Ordinal);
        Assert.DoesNotContain("MODP_1", sa.Suite, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_asks_for_everything_gets_what_the_child_allows()
    {
        await using Site site = await Site.OpenAsync(
            new NodeConf { LocalTrafficSelectors = """[10.99.0.0/16, "fd00:99::/64"]""" });

        CharonSa sa = await site.ConnectAsync();

        Assert.Equal(["10.99.0.0/16", "fd00:99::/64"], Assert.Single(sa.Children).RemoteTrafficSelectors);
    }

    [Fact]
    public async Task A_client_that_asks_for_less_gets_no_more()
    {
        await using Site site = await Site.OpenAsync(
            client: ClientConf.Psk(childOptions: "remote_ts = 10.99.7.0/24[tcp/443]"));

        CharonSa sa = await site.ConnectAsync();

        Assert.Equal(["10.99.7.0/24[tcp/https]"], Assert.Single(sa.Children).RemoteTrafficSelectors);
    }

    [Fact]
    public async Task A_client_that_asks_for_IPv4_alone_gets_IPv4_alone()
    {
        await using Site site = await Site.OpenAsync(client: ClientConf.Psk(connectionOptions: "vips = 0.0.0.0"));

        CharonSa sa = await site.ConnectAsync();

        Assert.StartsWith("10.64.", Assert.Single(sa.VirtualAddresses), StringComparison.Ordinal);
        Assert.Single(Assert.Single(sa.Children).LocalTrafficSelectors);
    }

    [Fact]
    public async Task A_client_that_asks_for_no_address_keeps_its_IKE_SA_without_a_child()
    {
        await using Site site = await Site.OpenAsync(client: ClientConf.Psk(connectionOptions: ""));

        CommandResult initiated = await site.Client.InitiateChildAsync("net");

        // RFC 7296 §3.15.4: FAILED_CP_REQUIRED does not undo the authentication.
        Assert.False(initiated.Succeeded, initiated.Transcript);
        Assert.Contains("FAILED_CP_REQUIRED", site.Client.Log, StringComparison.Ordinal);
        Assert.True(Assert.Single(await site.Client.ListSasAsync()).IsEstablished);
    }

    [Fact]
    public async Task A_pool_that_is_used_up_refuses_the_child_and_keeps_the_IKE_SA()
    {
        await using Site site = await Site.OpenAsync(new NodeConf
        {
            PoolSection = """
                pools:
                  rw4: { addrs: 10.64.0.1/32 }
                  rw6: { addrs: "fd00:64::1/128" }
                """,
            Secrets = $$"""secrets: { ike-all: { secret: "{{ClientConf.Secret}}" } }""",
        });
        CharonSa alice = await site.ConnectAsync();
        await site.Client.LoadAsync(ClientConf.Psk(id: "bob@example.org"));

        CommandResult initiated = await site.Client.InitiateChildAsync("net");

        Assert.Equal(["10.64.0.1", "fd00:64::1"], alice.VirtualAddresses);
        Assert.False(initiated.Succeeded, initiated.Transcript);
        Assert.Contains("INTERNAL_ADDRESS_FAILURE", site.Client.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_connections_the_one_that_names_the_identity_serves()
    {
        await using Site site = await Site.OpenAsync(new NodeConf
        {
            MoreConnections = """
                  others:
                    local: { auth: psk, id: vpn.example.org }
                    remote: { auth: psk, id: "%any" }
                    pools: [rw4, rw6]
                    proposals: [aes256gcm16-prfsha384-x25519]
                    children:
                      net: { local_ts: [10.1.0.0/16], esp_proposals: [aes256gcm16] }
                """,
            Secrets = $$"""secrets: { ike-all: { secret: "{{ClientConf.Secret}}" } }""",
        });

        CharonSa alice = await site.ConnectAsync();
        (await site.Client.TerminateIkeAsync("vpn")).OrThrow();
        await site.Client.LoadAsync(ClientConf.Psk(id: "carol@elsewhere.example"));
        CharonSa carol = await site.ConnectAsync();

        Assert.Equal(["0.0.0.0/0", "::/0"], Assert.Single(alice.Children).RemoteTrafficSelectors);
        Assert.Equal(["10.1.0.0/16"], Assert.Single(carol.Children).RemoteTrafficSelectors);
        Assert.Equal("others", (await site.SingleSaAsync()).GetProperty("connection").GetString());
    }

    [Fact]
    public async Task The_answer_leaves_from_the_address_that_was_asked()
    {
        await using Site site = await Site.OpenAsync(client: ClientConf.Psk(server: "192.0.2.77"));
        await site.Lab.Server.AddAddressesAsync(site.Lab.ServerDevice, "192.0.2.77/24");

        CharonSa sa = await site.ConnectAsync();

        Assert.Equal("192.0.2.77", sa.RemoteAddress);
        Assert.StartsWith(
            "192.0.2.77", (await site.SingleSaAsync()).GetProperty("local_address").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_may_begin_on_port_4500()
    {
        await using Site site = await Site.OpenAsync(
            client: ClientConf.Psk(connectionOptions: "vips = 0.0.0.0, ::\n    local_port = 4500\n    remote_port = 4500"));

        CharonSa sa = await site.ConnectAsync();

        Assert.Equal(4500, sa.RemotePort);
        Assert.DoesNotContain("[500]", site.Client.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_without_MOBIKE_and_fragmentation_gets_in_too()
    {
        await using Site site = await Site.OpenAsync(
            client: ClientConf.Psk(connectionOptions: "vips = 0.0.0.0, ::\n    mobike = no\n    fragmentation = no"));

        CharonSa sa = await site.ConnectAsync();

        Assert.True(sa.IsEstablished);
    }
}
