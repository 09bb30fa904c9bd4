using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using IkeCluster.Net.Native;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Net;

/// <summary>One bound UDP socket of one loop.</summary>
internal sealed class UdpSocket : IDisposable
{
    private readonly Socket _socket;

    private UdpSocket(Socket socket, UdpEndpoint local, bool isNatTraversal)
    {
        _socket = socket;
        Local = local;
        IsNatTraversal = isNatTraversal;
    }

    /// <summary>What it is bound to; the address may be the wildcard one.</summary>
    public UdpEndpoint Local { get; }

    /// <summary>Its port is the NAT-T one: markers stand before IKE messages (RFC 3948 §2.2).</summary>
    public bool IsNatTraversal { get; }

    public SafeHandle Handle => _socket.SafeHandle;

    public int Descriptor => (int)_socket.SafeHandle.DangerousGetHandle();

    /// <summary>A shared one lets other loops of this process listen on the same port (SO_REUSEPORT).</summary>
    /// <exception cref="BindException">It cannot be had.</exception>
    public static UdpSocket Bind(UdpEndpoint local, bool isNatTraversal, bool isShared)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(local.Address.Family, SocketType.Dgram, ProtocolType.Udp);
            SocketOptions.Apply(socket, isShared);
            socket.Bind(new IPEndPoint(local.Address.ToIPAddress(), local.Port));
            var bound = (IPEndPoint)socket.LocalEndPoint!;
            return new UdpSocket(socket, local with { Port = (ushort)bound.Port }, isNatTraversal);
        }
        catch (SocketException fault)
        {
            socket?.Dispose();
            throw new BindException(Explain(local, fault), fault);
        }
    }

    public bool CanSendFrom(UdpEndpoint local) =>
        Local.Port == local.Port
        && (Local.Address == local.Address || (Local.Address.IsAny && Local.Address.IsV4 == local.Address.IsV4));

    public void Dispose() => _socket.Dispose();

    private static string Explain(UdpEndpoint local, SocketException fault) => fault.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse =>
            $"port {local.Port} on {local.Address} is taken: stop the other IKE daemon "
            + $"(`ss -ulpn sport = :{local.Port}` names it), or set another port under `listen`",
        SocketError.AccessDenied =>
            $"no permission to bind port {local.Port}: run as root "
            + $"or set net.ipv4.ip_unprivileged_port_start={local.Port}",
        SocketError.AddressNotAvailable =>
            $"{local.Address} is no address of this machine: correct it under `listen`",
        SocketError.AddressFamilyNotSupported =>
            $"this machine has no {(local.Address.IsV4 ? "IPv4" : "IPv6")}: take {local.Address} out of `listen`",
        _ => $"cannot bind port {local.Port} on {local.Address}: {fault.Message}",
    };
}
