namespace IkeCluster.EndToEnd.Harness;

/// <summary>A client behind a router that masquerades, and a server beyond it.</summary>
internal sealed class NatLab : IAsyncDisposable
{
    public const string RouterAddress = "192.0.2.254";

    private readonly NetworkNamespace _router;
    private readonly string _outside;

    private NatLab(NetworkNamespace server, NetworkNamespace router, NetworkNamespace client, string outside)
    {
        Server = server;
        _router = router;
        Client = client;
        _outside = outside;
    }

    public NetworkNamespace Server { get; }

    public NetworkNamespace Client { get; }

    public static async Task<NatLab> CreateAsync()
    {
        Peers.NeedCharon();
        Peers.NeedPrograms("nft");
        NetworkNamespace server = await NetworkNamespace.CreateAsync();
        NetworkNamespace router = await NetworkNamespace.CreateAsync();
        NetworkNamespace client = await NetworkNamespace.CreateAsync();
        (string clientEnd, string inside) = await client.ConnectAsync(router);
        (string outside, string serverEnd) = await router.ConnectAsync(server);
        await client.AddAddressesAsync(clientEnd, "10.0.0.2/24");
        await router.AddAddressesAsync(inside, "10.0.0.1/24");
        await router.AddAddressesAsync(outside, RouterAddress + "/24");
        await server.AddAddressesAsync(serverEnd, Lab.ServerAddress + "/24");
        await client.IpAsync("route", "add", "default", "via", "10.0.0.1");
        (await router.RunAsync("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")).OrThrow();
        NatLab lab = new(server, router, client, outside);
        await lab.MasqueradeAsync("20000-29999");
        return lab;
    }

    /// <summary>The router loses its table, as by a restart: what the client sends next leaves from another port.</summary>
    public async Task ForgetAsync()
    {
        (await _router.RunAsync("nft", "delete", "table", "ip", "nat")).OrThrow();
        await _router.IpAsync("link", "set", _outside, "down");
        await _router.IpAsync("link", "set", _outside, "up");
        await MasqueradeAsync("30000-39999");
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await _router.DisposeAsync();
        await Server.DisposeAsync();
    }

    private async Task MasqueradeAsync(string ports)
    {
        (await _router.RunAsync("nft", "add", "table", "ip", "nat")).OrThrow();
        (await _router.RunAsync(
            "nft", "add", "chain", "ip", "nat", "out",
            "{ type nat hook postrouting priority 100 ; }")).OrThrow();
        (await _router.RunAsync(
            "nft", "add", "rule", "ip", "nat", "out", "oifname", _outside, "ip", "protocol", "udp",
            "masquerade", "to", ":" + ports)).OrThrow();
    }
}
