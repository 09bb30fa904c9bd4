using System.Runtime.InteropServices;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Net.Ingress;

//  slot:  | octets (4) | path | unused, up to 112 | datagram, up to 10,000 octets |

/// <summary>
/// One slot of the pipe. Pipes know octets, not datagrams: so the way that a datagram came and its length stand in
/// front of it. The frame never leaves the process.
/// </summary>
internal readonly record struct DatagramFrame(DatagramPath Path, Memory<byte> Datagram)
{
    /// <summary>Octets in front of the datagram; with it a slot is a whole number of cache lines.</summary>
    public const int HeaderOctets = 112;

    /// <summary>Octets from one slot to the next.</summary>
    public const int Stride = HeaderOctets + Limits.DatagramOctetsMax;

    private const int PathAt = 16;
    private const int Hole = -1;

    public static void Write(Span<byte> slot, in DatagramPath path, int octets)
    {
        MemoryMarshal.Write(slot, octets);
        MemoryMarshal.Write(slot[PathAt..HeaderOctets], path);
    }

    /// <summary>Marks a slot whose datagram is not to be read.</summary>
    public static void WriteHole(Span<byte> slot) => MemoryMarshal.Write(slot, Hole);

    /// <summary>False: the slot holds no datagram.</summary>
    public static bool TryRead(Memory<byte> slot, out DatagramFrame frame)
    {
        int octets = MemoryMarshal.Read<int>(slot.Span);
        if (octets == Hole)
        {
            frame = default;
            return false;
        }

        var path = MemoryMarshal.Read<DatagramPath>(slot.Span[PathAt..]);
        frame = new DatagramFrame(path, slot.Slice(HeaderOctets, octets));
        return true;
    }
}
