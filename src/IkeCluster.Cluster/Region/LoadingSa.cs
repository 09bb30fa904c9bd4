using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>An SA whose row is being read, and what waits for it: few datagrams, and orders.</summary>
internal sealed class LoadingSa(Shard shard, IkeSpi spi, bool isAhead, Instant? heardAt, PortCall<SaRow?> call)
{
    /// <summary>A peer has one request under way, of a few fragments; the rest it repeats.</summary>
    internal const int DatagramsMax = 4;

    internal const int OrdersMax = 4;

    private readonly Queue<(DatagramPath Path, PacketLease Lease)> _datagrams = [];
    private readonly Queue<IkeInput> _orders = [];

    public Shard Shard { get; } = shard;

    public IkeSpi Spi { get; } = spi;

    /// <summary>The SA may have answered liveness since its row was written.</summary>
    public bool IsAhead { get; } = isAhead;

    /// <summary>When its peer was heard last; null where only the row could tell.</summary>
    public Instant? HeardAt { get; } = heardAt;

    public PortCall<SaRow?> Call { get; } = call;

    /// <summary>Told while the row was on its way, which may not say so yet.</summary>
    public Displacement Displaced { get; private set; }

    public void Displace(Displacement how) => Displaced = how > Displaced ? how : Displaced;

    /// <summary>Copies the datagram; false where enough wait already.</summary>
    public bool TryWait(DatagramPath path, ReadOnlySpan<byte> message, PacketPool packets)
    {
        if (_datagrams.Count >= DatagramsMax)
        {
            return false;
        }

        _datagrams.Enqueue((path, packets.Rent(message)));
        return true;
    }

    public bool TryWait(IkeInput order)
    {
        if (_orders.Count >= OrdersMax)
        {
            return false;
        }

        _orders.Enqueue(order);
        return true;
    }

    public bool TryNextOrder(out IkeInput? order) => _orders.TryDequeue(out order);

    /// <summary>The taker disposes the lease.</summary>
    public bool TryNextDatagram(out DatagramPath path, out PacketLease? lease)
    {
        bool found = _datagrams.TryDequeue(out (DatagramPath Path, PacketLease Lease) next);
        (path, lease) = next;
        return found;
    }

    public void DropDatagrams()
    {
        while (_datagrams.TryDequeue(out (DatagramPath Path, PacketLease Lease) waiting))
        {
            waiting.Lease.Dispose();
        }
    }
}
