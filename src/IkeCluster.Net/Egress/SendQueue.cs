using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Net.Egress;

/// <summary>
/// The sockets of one loop as their writer sees them: datagrams gather during a turn and leave at its end, by the
/// socket and from the address that their path names. Used by the loop's thread.
/// </summary>
public sealed class SendQueue : IDatagramSender
{
    private readonly SendLane[] _lanes;

    /// <summary>A queue for each socket, all empty.</summary>
    /// <param name="sockets">The loop's own.</param>
    /// <param name="countDrop">Called for each datagram that the kernel refuses.</param>
    public SendQueue(SocketSet sockets, Action<DropReason> countDrop) =>
        _lanes = [.. sockets.Sockets.Select(socket => new SendLane(socket, countDrop))];

    /// <summary>Datagrams that left (<c>ike_datagrams_total</c>).</summary>
    public long Sent => _lanes.Sum(lane => lane.Sent);

    /// <inheritdoc/>
    public bool Send(DatagramPath path, ReadOnlySpan<byte> message)
    {
        foreach (SendLane lane in _lanes)
        {
            if (lane.Socket.CanSendFrom(path.Local))
            {
                return lane.TryAdd(path, message);
            }
        }

        return false;
    }

    /// <summary>Sends all that waits. What the kernel has no room for is lost, as on any network.</summary>
    public void Flush()
    {
        foreach (SendLane lane in _lanes)
        {
            lane.Flush();
        }
    }
}
