using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Net.Native;

/// <summary>
/// Receives up to a batch of datagrams by one system call, each into a slot of the caller's. The slots' memory is
/// pinned. Used by one thread.
/// </summary>
internal sealed unsafe class RecvMmsg
{
    private readonly MmsgHeader[] _headers;
    private readonly IoVector[] _vectors;
    private readonly byte[] _names;
    private readonly byte[] _controls;

    public RecvMmsg(int batch)
    {
        _headers = GC.AllocateArray<MmsgHeader>(batch, pinned: true);
        _vectors = GC.AllocateArray<IoVector>(batch, pinned: true);
        _names = GC.AllocateArray<byte>(batch * SocketAddress.OctetsMax, pinned: true);
        _controls = GC.AllocateArray<byte>(batch * PacketInfo.ControlOctets, pinned: true);
        for (int i = 0; i < batch; i++)
        {
            _headers[i].Message.Name = AddressOf(ref _names[i * SocketAddress.OctetsMax]);
            _headers[i].Message.Vectors = AddressOf(ref _vectors[i]);
            _headers[i].Message.VectorCount = 1;
            _headers[i].Message.Control = AddressOf(ref _controls[i * PacketInfo.ControlOctets]);
        }
    }

    public int Batch => _headers.Length;

    /// <summary>
    /// Reads what is there, without waiting, at most <paramref name="slots"/> datagrams: the first into
    /// <paramref name="octetsPerDatagram"/> octets at <paramref name="offset"/>, the next a stride further on.
    /// </summary>
    /// <returns>How many came; 0 where there is none, or the socket told an error of an earlier datagram.</returns>
    public int Receive(SafeHandle socket, Span<byte> room, int slots, int offset, int stride, int octetsPerDatagram)
    {
        int wanted = Math.Min(slots, Batch);
        for (int i = 0; i < wanted; i++)
        {
            _vectors[i].Base = AddressOf(ref room.Slice((i * stride) + offset, octetsPerDatagram)[0]);
            _vectors[i].Octets = (nuint)octetsPerDatagram;
            _headers[i].Message.NameOctets = SocketAddress.OctetsMax;
            _headers[i].Message.ControlOctets = PacketInfo.ControlOctets;
        }

        fixed (MmsgHeader* headers = _headers)
        {
            return Math.Max(0, LibC.RecvMmsg(socket, headers, (uint)wanted, LibC.DontWait, 0));
        }
    }

    public int OctetsOf(int index) => (int)_headers[index].Octets;

    public bool IsTruncated(int index) => (_headers[index].Message.Flags & LibC.Truncated) != 0;

    public UdpEndpoint RemoteOf(int index) =>
        SocketAddress.Read(_names.AsSpan(index * SocketAddress.OctetsMax, SocketAddress.OctetsMax));

    /// <inheritdoc cref="PacketInfo.Read"/>
    public void ReadPacketInfo(int index, ref IpAddress local, ref uint lost)
    {
        int octets = (int)_headers[index].Message.ControlOctets;
        PacketInfo.Read(_controls.AsSpan(index * PacketInfo.ControlOctets, octets), ref local, ref lost);
    }

    private static nint AddressOf<T>(ref T pinned)
        where T : unmanaged => (nint)Unsafe.AsPointer(ref pinned);
}
