using System.Net;
using System.Net.Sockets;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Load;

/// <summary>
/// One UDP socket towards both ports of a responder. On the NAT-T port IKE has four zero octets in front (RFC 3948 §2.2);
/// here they are put on and taken off, and what is not IKE is left out.
/// </summary>
internal sealed class UdpWire : IDisposable
{
    private const int MarkerOctets = 4;
    private static readonly byte[] Keepalive = [0xFF];

    private readonly Socket _socket;
    private readonly ushort _nattPort;
    private readonly byte[] _buffer = new byte[Limits.MessageOctetsMax];

    public UdpWire(UdpEndpoint responder, ushort nattPort)
    {
        _nattPort = nattPort;
        IPAddress local = LocalAddressTowards(responder);
        _socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(new IPEndPoint(local, 0));
        var bound = (IPEndPoint)_socket.LocalEndPoint!;
        Path = new DatagramPath(
            responder, new UdpEndpoint(IpAddress.From(bound.Address), (ushort)bound.Port), NonEspMarker: responder.Port == nattPort);
    }

    /// <summary>From the socket to the responder's first port.</summary>
    public DatagramPath Path { get; }

    public ValueTask<int> SendAsync(DatagramPath path, byte[] message, CancellationToken stop) =>
        SendRawAsync(path, path.NonEspMarker ? [0, 0, 0, 0, .. message] : message, stop);

    /// <summary>RFC 3948 §4: keeps a NAT's mapping alive.</summary>
    public ValueTask<int> SendKeepaliveAsync(DatagramPath path, CancellationToken stop) => SendRawAsync(path, Keepalive, stop);

    /// <summary>The next IKE message without its marker; null when the time is up.</summary>
    public async ValueTask<byte[]?> ReceiveAsync(TimeSpan patience, CancellationToken stop)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(patience);
        var anywhere = new IPEndPoint(_socket.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await _socket.ReceiveFromAsync(_buffer, SocketFlags.None, anywhere, timeout.Token);
                bool isMarked = ((IPEndPoint)received.RemoteEndPoint).Port == _nattPort;
                if (TryStripMarker(_buffer.AsSpan(0, received.ReceivedBytes), isMarked, out byte[] message))
                {
                    return message;
                }
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose() => _socket.Dispose();

    private static bool TryStripMarker(ReadOnlySpan<byte> datagram, bool isMarked, out byte[] message)
    {
        bool isIke = !isMarked || (datagram.Length > MarkerOctets && datagram[..MarkerOctets].IndexOfAnyExcept((byte)0) < 0);
        message = isIke ? datagram[(isMarked ? MarkerOctets : 0)..].ToArray() : [];
        return isIke;
    }

    private ValueTask<int> SendRawAsync(DatagramPath path, byte[] datagram, CancellationToken stop) => _socket.SendToAsync(
        datagram, SocketFlags.None, new IPEndPoint(path.Remote.Address.ToIPAddress(), path.Remote.Port), stop);

    /// <summary>What the routing table would choose; NAT detection needs to know it.</summary>
    private static IPAddress LocalAddressTowards(UdpEndpoint responder)
    {
        using var probe = new Socket(responder.Address.Family, SocketType.Dgram, ProtocolType.Udp);
        probe.Connect(new IPEndPoint(responder.Address.ToIPAddress(), responder.Port));
        return ((IPEndPoint)probe.LocalEndPoint!).Address;
    }
}
