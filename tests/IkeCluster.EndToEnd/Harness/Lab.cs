namespace IkeCluster.EndToEnd.Harness;

/// <summary>Two namespaces and a cable: a client and a server, each with an IPv4 and an IPv6 address.</summary>
internal sealed class Lab : IAsyncDisposable
{
    public const string ServerAddress = "192.0.2.1";
    public const string ClientAddress = "192.0.2.2";
    public const string ServerAddress6 = "2001:db8:1::1";
    public const string ClientAddress6 = "2001:db8:1::2";

    private Lab(NetworkNamespace server, NetworkNamespace client)
    {
        Server = server;
        Client = client;
    }

    public NetworkNamespace Server { get; }

    public NetworkNamespace Client { get; }

    public static async Task<Lab> CreateAsync()
    {
        Lab lab = new(await NetworkNamespace.CreateAsync(), await NetworkNamespace.CreateAsync());
        (string client, string server) = await lab.Client.ConnectAsync(lab.Server);
        await lab.Client.AddAddressesAsync(client, ClientAddress + "/24", ClientAddress6 + "/64");
        await lab.Server.AddAddressesAsync(server, ServerAddress + "/24", ServerAddress6 + "/64");
        return lab;
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
