using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Pools;

/// <summary>
/// New: made this moment. Free: sticks to its identity until another needs it. Elsewhere: the lease table knows a
/// holder that this node does not.
/// </summary>
internal enum LeaseState : byte { New, Free, Held, Elsewhere }

/// <summary>One address that was leased at least once. While free or held it stands in the lists of its pool.</summary>
internal sealed class Lease(IpAddress address, string identity)
{
    public IpAddress Address { get; } = address;

    public string Identity { get; set; } = identity;

    public LeaseState State { get; set; }

    /// <summary>The SAs that hold it, the latest first; mostly one. Null while free.</summary>
    public LeaseHolder? Holder { get; private set; }

    /// <summary>The lease table would not have it shared: not offered again until all who hold it are gone.</summary>
    public bool IsShareRefused { get; set; }

    /// <summary>Among the free ones of the pool, from the one given back first to the one given back last.</summary>
    public Lease? Older { get; set; }

    public Lease? Newer { get; set; }

    /// <summary>Among the free, or the held, ones of the same identity.</summary>
    public Lease? OlderOfIdentity { get; set; }

    public Lease? NewerOfIdentity { get; set; }

    public LeaseHolder? FindHolder(IkeSpi spi)
    {
        LeaseHolder? holder = Holder;
        while (holder is not null && holder.Spi != spi)
        {
            holder = holder.Next;
        }

        return holder;
    }

    public void Add(LeaseHolder holder)
    {
        holder.Next = Holder;
        Holder = holder;
    }

    /// <summary>False where that SA does not hold it.</summary>
    public bool Remove(IkeSpi spi)
    {
        LeaseHolder? newer = null;
        for (LeaseHolder? holder = Holder; holder is not null; newer = holder, holder = holder.Next)
        {
            if (holder.Spi == spi && newer is null)
            {
                Holder = holder.Next;
                return true;
            }

            if (holder.Spi == spi)
            {
                newer!.Next = holder.Next;
                return true;
            }
        }

        return false;
    }
}

/// <summary>
/// An SA that holds an address, with what decides who may share it: <paramref name="own"/> is our side of its session's key,
/// null where it has no session; the peer's side is the lease's identity.
/// </summary>
internal sealed class LeaseHolder(IkeSpi spi, string? own, UdpEndpoint remote)
{
    public IkeSpi Spi { get; set; } = spi;

    public string? Own { get; } = own;

    public UdpEndpoint Remote { get; set; } = remote;

    public LeaseHolder? Next { get; set; }
}
