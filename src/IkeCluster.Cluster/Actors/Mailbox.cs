using System.Threading.Channels;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// What other threads have for a loop, in order of service: sums that the loop asked for, orders and questions, datagrams
/// of established SAs, datagrams of logins. Under load the lower queue waits, then overflows, first. Posting is thread-safe;
/// only the loop takes.
/// </summary>
internal sealed class Mailbox(int datagramsMax)
{
    internal const int OrdersMax = 65_536;

    private readonly Channel<LoopMessage> _sums = Bounded(EventLoop.SumsDueMax);
    private readonly Channel<LoopMessage> _orders = Bounded(OrdersMax);
    private readonly Channel<LoopMessage> _established = Bounded(datagramsMax);
    private readonly Channel<LoopMessage> _logins = Bounded(Math.Max(1, datagramsMax / 4));

    /// <summary>Readable from any thread.</summary>
    public int Depth => _sums.Reader.Count + _orders.Reader.Count + _established.Reader.Count + _logins.Reader.Count;

    /// <summary>False: that queue is full. A datagram's buffer is the mailbox's from here on, even then.</summary>
    public bool TryPost(LoopMessage message)
    {
        if (message is not LoopMessage.Datagram datagram)
        {
            return (message is LoopMessage.Call ? _sums : _orders).Writer.TryWrite(message);
        }

        if ((datagram.IsLogin ? _logins : _established).Writer.TryWrite(message))
        {
            return true;
        }

        datagram.Lease.Dispose();
        return false;
    }

    public bool TryTake(out LoopMessage? message) =>
        _sums.Reader.TryRead(out message)
        || _orders.Reader.TryRead(out message)
        || _established.Reader.TryRead(out message)
        || _logins.Reader.TryRead(out message);

    private static Channel<LoopMessage> Bounded(int capacity) =>
        Channel.CreateBounded<LoopMessage>(new BoundedChannelOptions(capacity)
        {
            SingleReader = true,
            FullMode = BoundedChannelFullMode.Wait, // so that TryWrite says no, and it is counted
        });
}
