using System.Net;
using System.Net.Sockets;
using IkeCluster.Cluster.Ports;
using IkeCluster.Net;
using IkeCluster.Net.Egress;
using IkeCluster.Net.Ingress;
using IkeCluster.Net.Native;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.EndToEnd.Net;

/// <summary>One loop's sockets on free ports of a local address, with what came in and what was dropped.</summary>
internal sealed class Loopback : IDatagramSink, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SocketSet _sockets;

    public Loopback(string address = "127.0.0.1")
        : this(SocketSet.OpenAll([new ListenAddress(Parse(address), 0, 0)], loops: 1)[0])
    {
    }

    public Loopback(SocketSet sockets)
    {
        _sockets = sockets;
        Ingress = new UdpIngress(sockets, Bell, Drops.Add);
        Egress = new SendQueue(sockets, Drops.Add);
    }

    public EventFd Bell { get; } = new();

    public UdpIngress Ingress { get; }

    public SendQueue Egress { get; }

    public List<DropReason> Drops { get; } = [];

    public List<(DatagramPath Path, byte[] Octets)> Came { get; } = [];

    public int IkePort => _sockets.Endpoints[0].Port;

    public int NattPort => _sockets.Endpoints[1].Port;

    public static IpAddress Parse(string address) =>
        IpAddress.TryParse(address, out IpAddress parsed) ? parsed : throw new ArgumentException(address, nameof(address));

    public static Socket Client(string address = "127.0.0.1")
    {
        var bound = new IPEndPoint(IPAddress.Parse(address), 0);
        var client = new Socket(bound.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
        client.Bind(bound);
        return client;
    }

    public void Receive(DatagramPath path, Memory<byte> datagram) => Came.Add((path, datagram.ToArray()));

    /// <summary>Turns the crank until so many datagrams have come or were dropped.</summary>
    public void ReceiveUntil(int count)
    {
        DateTime deadline = DateTime.UtcNow + Patience;
        while (Came.Count + Drops.Count < count)
        {
            Assert.True(DateTime.UtcNow < deadline, $"{Came.Count} came and {Drops.Count} were dropped, of {count}");
            Ingress.Wait(TimeSpan.FromMilliseconds(100));
            Ingress.Deliver(this);
        }
    }

    public void Reply(DatagramPath path, byte[] octets)
    {
        Assert.True(Egress.Send(path, octets));
        Egress.Flush();
    }

    public void Dispose()
    {
        Ingress.Dispose();
        Bell.Dispose();
        _sockets.Dispose();
    }
}
