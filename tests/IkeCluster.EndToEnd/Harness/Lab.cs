namespace IkeCluster.EndToEnd.Harness;

/// <summary>Two namespaces and a cable: a client and a server, each with an IPv4 and an IPv6 address.</summary>
internal sealed class Lab : IAsyncDisposable
{
    public const string ServerAddress = "192.0.2.1";
    public const string ClientAddress = "192.0.2.2";
    public const string ServerAddress6 = "2001:db8:1::1";
    public const string ClientAddress6 = "2001:db8:1::2";

    private Lab(NetworkNamespace server, NetworkNamespace client, string serverDevice, string clientDevice)
    {
        Server = server;
        Client = client;
        ServerDevice = serverDevice;
        ClientDevice = clientDevice;
    }

    public NetworkNamespace Server { get; }

    public NetworkNamespace Client { get; }

    /// <summary>The server's end of the cable.</summary>
    public string ServerDevice { get; }

    /// <summary>The client's end of the cable.</summary>
    public string ClientDevice { get; }

    public static async Task<Lab> CreateAsync()
    {
        NetworkNamespace server = await NetworkNamespace.CreateAsync();
        NetworkNamespace client = await NetworkNamespace.CreateAsync();
        (string clientDevice, string serverDevice) = await client.ConnectAsync(server);
        await client.AddAddressesAsync(clientDevice, ClientAddress + "/24", ClientAddress6 + "/64");
        await server.AddAddressesAsync(serverDevice, ServerAddress + "/24", ServerAddress6 + "/64");
        return new Lab(server, client, serverDevice, clientDevice);
    }

    /// <summary>The client loses its IPv4 address and gets another one, as when it changes the network.</summary>
    public async Task MoveClientAsync(string from, string to)
    {
        await Client.IpAsync("address", "delete", from + "/24", "dev", ClientDevice);
        await Client.AddAddressesAsync(ClientDevice, to + "/24");
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Server.DisposeAsync();
    }
}
