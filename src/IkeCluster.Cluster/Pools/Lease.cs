using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Pools;

/// <summary>
/// New: made this moment. Free: sticks to its identity until another needs it. Elsewhere: the lease table knows a
/// holder that this node does not.
/// </summary>
internal enum LeaseState : byte { New, Free, Held, Elsewhere }

/// <summary>One address that was leased at least once; while free it stands in two lists of its pool.</summary>
internal sealed class Lease(IpAddress address, string identity)
{
    public IpAddress Address { get; } = address;

    public string Identity { get; set; } = identity;

    public LeaseState State { get; set; }

    /// <summary>The SA that holds it; zero while free.</summary>
    public IkeSpi Owner { get; set; }

    /// <summary>Among the free ones of the pool, from the one given back first to the one given back last.</summary>
    public Lease? Older { get; set; }

    public Lease? Newer { get; set; }

    /// <summary>Among the free ones of the same identity.</summary>
    public Lease? OlderOfIdentity { get; set; }

    public Lease? NewerOfIdentity { get; set; }
}
