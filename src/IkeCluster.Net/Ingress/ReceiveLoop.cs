using IkeCluster.Net.Native;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Net.Ingress;

/// <summary>Moves what waits in one socket into the pipe, batch by batch.</summary>
internal sealed class ReceiveLoop(UdpSocket socket, RecvMmsg batch, Action<DropReason> countDrop)
{
    private uint _lostSoFar;

    /// <summary>Datagrams that came, truncated ones included.</summary>
    public long Received { get; private set; }

    /// <summary>Datagrams that the kernel dropped because the socket's buffer was full.</summary>
    public long Lost { get; private set; }

    /// <summary>One batch. True: there may be more.</summary>
    public bool Receive(DatagramPipe pipe)
    {
        Span<byte> room = pipe.Room().Span;
        int slots = Math.Min(room.Length / DatagramFrame.Stride, batch.Batch);
        if (slots == 0)
        {
            return false;
        }

        int received = batch.Receive(
            socket.Handle, room, slots, DatagramFrame.HeaderOctets, DatagramFrame.Stride, Limits.DatagramOctetsMax);
        for (int i = 0; i < received; i++)
        {
            Frame(i, room.Slice(i * DatagramFrame.Stride, DatagramFrame.Stride));
        }

        if (received > 0)
        {
            Received += received;
            pipe.Commit(received);
        }

        return received == slots;
    }

    private void CountLost(uint lost)
    {
        Lost += lost;
        for (uint i = 0; i < lost; i++)
        {
            countDrop(DropReason.SocketBufferFull);
        }
    }

    private void Frame(int index, Span<byte> slot)
    {
        IpAddress local = socket.Local.Address;
        uint lost = _lostSoFar;
        batch.ReadPacketInfo(index, ref local, ref lost);
        CountLost(lost - _lostSoFar);   // the kernel's count may wrap, and so may this difference
        _lostSoFar = lost;
        if (batch.IsTruncated(index))
        {
            countDrop(DropReason.Truncated);
            DatagramFrame.WriteHole(slot);
            return;
        }

        UdpEndpoint asked = socket.Local with { Address = local };
        var path = new DatagramPath(batch.RemoteOf(index), asked, socket.IsNatTraversal);
        DatagramFrame.Write(slot, path, batch.OctetsOf(index));
    }
}
