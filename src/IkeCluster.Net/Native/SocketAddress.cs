using System.Buffers.Binary;
using System.Runtime.InteropServices;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Net.Native;

//  sockaddr_in:  | family (2, host order) | port (2) | address (4)  | zero (8) |
//  sockaddr_in6: | family (2, host order) | port (2) | flow (4) | address (16) | scope (4) |

/// <summary>Endpoints as the kernel writes them.</summary>
internal static class SocketAddress
{
    public const int OctetsMax = 28;
    private const int V4Octets = 16;
    private const int V4AddressAt = 4;
    private const int V6AddressAt = 8;
    private const ushort FamilyV4 = 2;
    private const ushort FamilyV6 = 10;

    public static UdpEndpoint Read(ReadOnlySpan<byte> address)
    {
        bool isV4 = MemoryMarshal.Read<ushort>(address) == FamilyV4;
        ReadOnlySpan<byte> octets = isV4 ? address.Slice(V4AddressAt, 4) : address.Slice(V6AddressAt, 16);
        return new UdpEndpoint(IpAddress.Read(octets), BinaryPrimitives.ReadUInt16BigEndian(address[2..]));
    }

    /// <summary>Writes into <see cref="OctetsMax"/> octets; returns how many count.</summary>
    public static int Write(UdpEndpoint endpoint, Span<byte> into)
    {
        bool isV4 = endpoint.Address.IsV4;
        into.Clear();
        MemoryMarshal.Write(into, isV4 ? FamilyV4 : FamilyV6);
        BinaryPrimitives.WriteUInt16BigEndian(into[2..], endpoint.Port);
        endpoint.Address.Write(into[(isV4 ? V4AddressAt : V6AddressAt)..]);
        return isV4 ? V4Octets : OctetsMax;
    }
}
