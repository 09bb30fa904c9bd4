using IkeCluster.Engine;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// A copied datagram with one owner (STYLE rule 10). Its buffer is pooled; the handle is not, so that a handle held too
/// long is empty instead of somebody else's.
/// </summary>
public sealed class PacketLease : IDisposable
{
    private readonly PacketPool _pool;
    private readonly int _octets;
    private byte[]? _buffer;

    internal PacketLease(PacketPool pool, byte[] buffer, int octets)
    {
        _pool = pool;
        _buffer = buffer;
        _octets = octets;
    }

    public Memory<byte> Memory
    {
        get
        {
            Invariant.That(_buffer is not null);
            return _buffer.AsMemory(0, _octets);
        }
    }

    /// <summary>Gives the buffer away: this handle is empty from here on, and the taker's must be disposed.</summary>
    public PacketLease Move()
    {
        Invariant.That(_buffer is not null);
        var moved = new PacketLease(_pool, _buffer!, _octets);
        _buffer = null;
        return moved;
    }

    public void Dispose()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            _pool.Return(buffer);
        }
    }
}
