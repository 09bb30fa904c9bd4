using System.Net.Sockets;

namespace IkeCluster.Net.Native;

/// <summary>Options of a UDP socket for IKE, by the numbers of Linux.</summary>
internal static class SocketOptions
{
    public const int Socket = 1;
    public const int Ip = 0;
    public const int Ipv6 = 41;

    public const int IpPacketInfo = 8;
    public const int Ipv6PacketInfo = 50;
    public const int ReceiveOverflow = 40;

    private const int ReusePort = 15;
    private const int SendBuffer = 7;
    private const int ReceiveBuffer = 8;
    private const int SendBufferForce = 32;
    private const int ReceiveBufferForce = 33;
    private const int IpMtuDiscover = 10;
    private const int Ipv6MtuDiscover = 23;
    private const int Ipv6Only = 26;
    private const int Ipv6ReceivePacketInfo = 49;

    // Some ten thousand handshakes' worth: what comes in while a loop is busy for a moment.
    private const int BufferOctets = 4 * 1024 * 1024;

    public static void Apply(Socket socket, bool isShared)
    {
        if (isShared)
        {
            Set(socket, Socket, ReusePort, 1);
        }

        Set(socket, Socket, ReceiveOverflow, 1);
        SetBuffer(socket, ReceiveBufferForce, ReceiveBuffer);
        SetBuffer(socket, SendBufferForce, SendBuffer);

        // An IKE message that is longer than a path takes must travel in IP fragments: with DF on it would never
        // arrive, and a repeat of the same octets neither (RFC 7383 is there for paths that drop fragments).
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            Set(socket, Ipv6, Ipv6Only, 1);
            Set(socket, Ipv6, Ipv6ReceivePacketInfo, 1);
            Set(socket, Ipv6, Ipv6MtuDiscover, 0);
        }
        else
        {
            Set(socket, Ip, IpPacketInfo, 1);
            Set(socket, Ip, IpMtuDiscover, 0);
        }
    }

    // Past the system's ceiling where we may, else up to it.
    private static void SetBuffer(Socket socket, int byForce, int plain)
    {
        try
        {
            Set(socket, Socket, byForce, BufferOctets);
        }
        catch (SocketException)
        {
            Set(socket, Socket, plain, BufferOctets);
        }
    }

    private static void Set(Socket socket, int level, int option, int value) =>
        socket.SetRawSocketOption(level, option, BitConverter.GetBytes(value));
}
