using System.Runtime.InteropServices;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Net.Native;

//  cmsghdr:     | octets (8) | level (4) | type (4) | data, padded to 8 |
//  in_pktinfo:  | interface (4) | local address (4) | destination in the header (4) |
//  in6_pktinfo: | address (16) | interface (4) |

/// <summary>
/// The control message that says to which of our addresses a datagram was sent, and from which one an answer goes
/// (RFC 7296 §2.11 wants the same). A socket on the wildcard address cannot tell otherwise.
/// </summary>
internal static class PacketInfo
{
    /// <summary>Room for packet information and the count of datagrams that found no room in the socket.</summary>
    public const int ControlOctets = 96;

    private const int HeaderOctets = 16;
    private const int LevelAt = 8;
    private const int TypeAt = 12;
    private const int V4InfoOctets = 12;
    private const int V4LocalAt = 4;
    private const int V4DestinationAt = 8;
    private const int V6InfoOctets = 20;

    /// <summary>
    /// Walks the control messages of one datagram. The local address stays as it is where none tells it; so does the
    /// count of lost datagrams.
    /// </summary>
    public static void Read(ReadOnlySpan<byte> control, ref IpAddress local, ref uint lost)
    {
        while (control.Length >= HeaderOctets)
        {
            long claimed = MemoryMarshal.Read<long>(control);
            if (claimed < HeaderOctets || claimed > control.Length)
            {
                return;
            }

            int level = MemoryMarshal.Read<int>(control[LevelAt..]);
            int type = MemoryMarshal.Read<int>(control[TypeAt..]);
            ReadOnlySpan<byte> data = control[HeaderOctets..(int)claimed];
            if ((level, type) == (SocketOptions.Ip, SocketOptions.IpPacketInfo) && data.Length >= V4InfoOctets)
            {
                local = IpAddress.Read(data.Slice(V4DestinationAt, 4));
            }
            else if ((level, type) == (SocketOptions.Ipv6, SocketOptions.Ipv6PacketInfo) && data.Length >= V6InfoOctets)
            {
                local = IpAddress.Read(data[..16]);
            }
            else if ((level, type) == (SocketOptions.Socket, SocketOptions.ReceiveOverflow) && data.Length >= sizeof(uint))
            {
                lost = MemoryMarshal.Read<uint>(data);
            }

            control = control[Math.Min(Padded((int)claimed), control.Length)..];
        }
    }

    /// <summary>Writes the message that has a datagram leave from <paramref name="local"/>; returns its octets.</summary>
    public static int Write(IpAddress local, Span<byte> into)
    {
        bool isV4 = local.IsV4;
        int octets = HeaderOctets + (isV4 ? V4InfoOctets : V6InfoOctets);
        into[..Padded(octets)].Clear();
        MemoryMarshal.Write(into, (long)octets);
        MemoryMarshal.Write(into[LevelAt..], isV4 ? SocketOptions.Ip : SocketOptions.Ipv6);
        MemoryMarshal.Write(into[TypeAt..], isV4 ? SocketOptions.IpPacketInfo : SocketOptions.Ipv6PacketInfo);
        local.Write(into[(HeaderOctets + (isV4 ? V4LocalAt : 0))..]);
        return Padded(octets);
    }

    private static int Padded(int octets) => (octets + 7) & ~7;
}
