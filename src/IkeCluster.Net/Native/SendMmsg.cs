using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Net.Native;

/// <summary>Datagrams that leave one socket by one system call. Used by one thread.</summary>
internal sealed unsafe class SendMmsg
{
    private readonly MmsgHeader[] _headers;
    private readonly IoVector[] _vectors;
    private readonly byte[] _names;
    private readonly byte[] _controls;

    public SendMmsg(int batch)
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

    /// <summary>Fills one place of the batch. The octets are pinned and stay until they are sent.</summary>
    public void Set(int index, IpAddress from, UdpEndpoint to, Span<byte> pinnedOctets)
    {
        ref MsgHeader header = ref _headers[index].Message;
        header.NameOctets = (uint)SocketAddress.Write(
            to, _names.AsSpan(index * SocketAddress.OctetsMax, SocketAddress.OctetsMax));
        header.ControlOctets = (nuint)PacketInfo.Write(
            from, _controls.AsSpan(index * PacketInfo.ControlOctets, PacketInfo.ControlOctets));
        _vectors[index].Base = AddressOf(ref pinnedOctets[0]);
        _vectors[index].Octets = (nuint)pinnedOctets.Length;
    }

    /// <summary>
    /// Sends the first <paramref name="count"/>. One that cannot leave (no route, no room in the socket) is left out:
    /// it is lost as on any network, and its peer will repeat.
    /// </summary>
    /// <returns>How many left.</returns>
    public int Send(SafeHandle socket, int count)
    {
        int sent = 0;
        int next = 0;
        while (next < count)
        {
            int left = SendFrom(socket, next, count - next);
            sent += Math.Max(0, left);

            // An error is told only where it met the first of those asked for.
            next += left > 0 ? left : Marshal.GetLastPInvokeError() == LibC.Interrupted ? 0 : 1;
        }

        return sent;
    }

    private int SendFrom(SafeHandle socket, int first, int count)
    {
        fixed (MmsgHeader* headers = &_headers[first])
        {
            return LibC.SendMmsg(socket, headers, (uint)count, LibC.DontWait);
        }
    }

    private static nint AddressOf<T>(ref T pinned)
        where T : unmanaged => (nint)Unsafe.AsPointer(ref pinned);
}
