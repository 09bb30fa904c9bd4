using System.Collections.Concurrent;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// Buffers for datagrams that change loops or wait for a row; shared by all loops of a node. Thread-safe.
/// </summary>
public sealed class PacketPool
{
    /// <summary>Buffers that are kept for another use; what is rented is bounded by the queues that hold it.</summary>
    internal const int KeptMax = 1024;

    /// <summary>Most datagrams are smaller than an Ethernet frame; a larger one gets a buffer of its own.</summary>
    internal const int KeptOctets = 2048;

    private readonly ConcurrentQueue<byte[]> _kept = [];
    private int _keptCount;
    private int _outstanding;

    /// <summary>Leases that were rented and not disposed: zero when nothing waits anywhere.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    public PacketLease Rent(ReadOnlySpan<byte> datagram)
    {
        Interlocked.Increment(ref _outstanding);
        byte[] buffer = datagram.Length <= KeptOctets ? TakeOrMake() : new byte[datagram.Length];
        datagram.CopyTo(buffer);
        return new PacketLease(this, buffer, datagram.Length);
    }

    internal void Return(byte[] buffer)
    {
        Interlocked.Decrement(ref _outstanding);
        if (buffer.Length == KeptOctets && Interlocked.Increment(ref _keptCount) <= KeptMax)
        {
            _kept.Enqueue(buffer);
        }
        else if (buffer.Length == KeptOctets)
        {
            Interlocked.Decrement(ref _keptCount);
        }
    }

    private byte[] TakeOrMake()
    {
        if (!_kept.TryDequeue(out byte[]? buffer))
        {
            return new byte[KeptOctets];
        }

        Interlocked.Decrement(ref _keptCount);
        return buffer;
    }
}
