using IkeCluster.Net.Native;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Net.Egress;

/// <summary>What waits to leave by one socket: the octets one behind another in one pinned buffer.</summary>
internal sealed class SendLane(UdpSocket socket, Action<DropReason> countDrop)
{
    private const int MarkerOctets = 4;
    private const int BatchMax = 64;
    private const int BufferOctets = 2 * Limits.MessageOctetsMax;

    // A UDP payload over IPv4, the shorter of the two: 65,535 less the headers.
    private const int DatagramOctetsMax = 65_507;

    private readonly SendMmsg _batch = new(BatchMax);
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferOctets, pinned: true);
    private int _count;
    private int _filled;

    public UdpSocket Socket => socket;

    public long Sent { get; private set; }

    /// <summary>False: longer than a datagram can be.</summary>
    public bool TryAdd(in DatagramPath path, ReadOnlySpan<byte> message)
    {
        int marker = path.NonEspMarker ? MarkerOctets : 0;
        int octets = marker + message.Length;
        if (octets is 0 or > DatagramOctetsMax)
        {
            return false;
        }

        if (_count == BatchMax || octets > BufferOctets - _filled)
        {
            Flush();
        }

        Span<byte> datagram = _buffer.AsSpan(_filled, octets);
        datagram[..marker].Clear();
        message.CopyTo(datagram[marker..]);
        _batch.Set(_count, path.Local.Address, path.Remote, datagram);
        _count++;
        _filled += octets;
        return true;
    }

    public void Flush()
    {
        if (_count == 0)
        {
            return;
        }

        int sent = _batch.Send(socket.Handle, _count);
        for (int lost = sent; lost < _count; lost++)
        {
            countDrop(DropReason.SendFailed);
        }

        Sent += sent;
        _count = 0;
        _filled = 0;
    }
}
