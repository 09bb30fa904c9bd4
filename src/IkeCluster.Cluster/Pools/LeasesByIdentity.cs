namespace IkeCluster.Cluster.Pools;

/// <summary>Leases of a pool by identity, the newest first; a lease stands in one such index at a time.</summary>
internal sealed class LeasesByIdentity
{
    private readonly Dictionary<string, Lease> _newestOf = new(StringComparer.Ordinal);

    /// <summary>The others follow by <see cref="Lease.OlderOfIdentity"/>.</summary>
    public Lease? NewestOf(string identity) => _newestOf.GetValueOrDefault(identity);

    public void Add(Lease lease)
    {
        Lease? sibling = NewestOf(lease.Identity);
        (lease.OlderOfIdentity, lease.NewerOfIdentity) = (sibling, null);
        if (sibling is not null)
        {
            sibling.NewerOfIdentity = lease;
        }

        _newestOf[lease.Identity] = lease;
    }

    public void Remove(Lease lease)
    {
        if (lease.OlderOfIdentity is not null)
        {
            lease.OlderOfIdentity.NewerOfIdentity = lease.NewerOfIdentity;
        }

        if (lease.NewerOfIdentity is not null)
        {
            lease.NewerOfIdentity.OlderOfIdentity = lease.OlderOfIdentity;
        }
        else if (lease.OlderOfIdentity is not null)
        {
            _newestOf[lease.Identity] = lease.OlderOfIdentity;
        }
        else
        {
            _newestOf.Remove(lease.Identity);
        }

        (lease.OlderOfIdentity, lease.NewerOfIdentity) = (null, null);
    }
}
