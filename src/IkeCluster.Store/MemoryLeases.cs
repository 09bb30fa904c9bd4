using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Store;

/// <summary>The lease table of <see cref="MemoryShardStore"/>: by address, and by the SA that holds them.</summary>
internal sealed class MemoryLeases(MemoryJournal journal)
{
    private readonly MemoryTable<(string Pool, IpAddress Address), Lease> _byAddress = new(journal);
    private readonly MemoryTable<IkeSpi, Held> _bySa = new(journal);

    public IEnumerable<Lease> All =>
        _byAddress.Rows.OrderBy(lease => lease.Pool, StringComparer.Ordinal).ThenBy(lease => lease.Address);

    public ImmutableArray<IkeSpi> HoldersOf(string pool, IpAddress address) => _byAddress[(pool, address)]?.Holders ?? [];

    public void Add(LeaseClaim claim)
    {
        ImmutableArray<IkeSpi> others = HoldersOf(claim.Pool, claim.Address).Remove(claim.LocalSpi);
        _byAddress[(claim.Pool, claim.Address)] = new Lease(claim.Pool, claim.Address, claim.Identity, others.Add(claim.LocalSpi));
        _bySa[claim.LocalSpi] = new Held((_bySa[claim.LocalSpi]?.Keys ?? []).Add((claim.Pool, claim.Address)));
    }

    /// <summary>All that one SA holds becomes another's.</summary>
    public void Move(IkeSpi from, IkeSpi to)
    {
        foreach ((string pool, IpAddress address) in Free(from))
        {
            Add(new LeaseClaim(pool, address, _byAddress[(pool, address)]!.Identity, to));
        }
    }

    /// <summary>Takes one holder away. The identity stays, so that the address can be the same one's again.</summary>
    public ImmutableHashSet<(string Pool, IpAddress Address)> Free(IkeSpi holder)
    {
        if (_bySa[holder] is not { } held)
        {
            return [];
        }

        _bySa[holder] = null;
        foreach ((string Pool, IpAddress Address) key in held.Keys)
        {
            Lease lease = _byAddress[key]!;
            _byAddress[key] = lease with { Holders = lease.Holders.Remove(holder) };
        }

        return held.Keys;
    }

    /// <summary>Forgets what nobody holds of pools other than these.</summary>
    public void Prune(ImmutableArray<string> pools)
    {
        foreach (Lease lease in All.Where(lease => lease.Holders.IsEmpty && !pools.Contains(lease.Pool)).ToArray())
        {
            _byAddress[(lease.Pool, lease.Address)] = null;
        }
    }

    internal sealed record Lease(string Pool, IpAddress Address, string Identity, ImmutableArray<IkeSpi> Holders);

    private sealed record Held(ImmutableHashSet<(string Pool, IpAddress Address)> Keys);
}
