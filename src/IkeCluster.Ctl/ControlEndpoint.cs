using System.Net.Sockets;

namespace IkeCluster.Ctl;

/// <summary>The control socket of a node.</summary>
internal sealed record ControlEndpoint(string SocketPath)
{
    private const string Prefix = "unix:";
    private const string Variable = "IKECTL_ENDPOINT";

    private static readonly string[] UsualPaths = ["./var/ikenode.sock", "/var/lib/ikenode/ikenode.sock"];

    /// <summary>The option, else the environment, else the first usual place that has one; null with a fault.</summary>
    public static ControlEndpoint? Find(string? option, out string fault)
    {
        string? asked = option ?? Environment.GetEnvironmentVariable(Variable);
        string name = option is null ? Variable : "--endpoint";
        fault = "";
        if (string.IsNullOrEmpty(asked))
        {
            string? there = Array.Find(UsualPaths, File.Exists);
            fault = there is null ? $"no node here: neither {string.Join(" nor ", UsualPaths)} exists; --endpoint unix:PATH names another" : "";
            return there is null ? null : new ControlEndpoint(there);
        }

        if (asked.StartsWith(Prefix, StringComparison.Ordinal) && asked.Length > Prefix.Length)
        {
            return new ControlEndpoint(asked[Prefix.Length..]);
        }

        fault = asked.StartsWith("https:", StringComparison.Ordinal)
            ? $"{name}: https is not in this release, write unix:PATH"
            : $"{name}: \"{asked}\" is not an endpoint, write unix:PATH";
        return null;
    }

    public static HttpMessageHandler Connect(ControlEndpoint endpoint) => new SocketsHttpHandler
    {
        ConnectCallback = async (_, stop) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(endpoint.SocketPath), stop);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    public override string ToString() => Prefix + SocketPath;
}
