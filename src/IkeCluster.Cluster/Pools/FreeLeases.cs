namespace IkeCluster.Cluster.Pools;

/// <summary>
/// Addresses that were given back, in the order of giving back, and among them those of each identity: taking one out,
/// by identity or as the oldest of all, is a constant number of steps.
/// </summary>
internal sealed class FreeLeases
{
    private readonly LeasesByIdentity _byIdentity = new();
    private Lease? _newest;

    public Lease? Oldest { get; private set; }

    public int Count { get; private set; }

    /// <summary>The address that this identity gave back last.</summary>
    public Lease? NewestOf(string identity) => _byIdentity.NewestOf(identity);

    public void Add(Lease lease)
    {
        (lease.Older, lease.Newer) = (_newest, null);
        if (_newest is null)
        {
            Oldest = lease;
        }
        else
        {
            _newest.Newer = lease;
        }

        _newest = lease;
        _byIdentity.Add(lease);
        Count++;
    }

    public void Remove(Lease lease)
    {
        RemoveFromAll(lease);
        _byIdentity.Remove(lease);
        Count--;
    }

    private void RemoveFromAll(Lease lease)
    {
        if (lease.Older is null)
        {
            Oldest = lease.Newer;
        }
        else
        {
            lease.Older.Newer = lease.Newer;
        }

        if (lease.Newer is null)
        {
            _newest = lease.Older;
        }
        else
        {
            lease.Newer.Older = lease.Older;
        }

        (lease.Older, lease.Newer) = (null, null);
    }
}
