using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Store;

/// <summary>The lease table of <see cref="MemoryShardStore"/>: by address, and by the SA that holds them.</summary>
internal sealed class MemoryLeases
{
    private readonly Dictionary<(string Pool, IpAddress Address), LeaseRow> _byAddress = [];
    private readonly Dictionary<IkeSpi, List<(string Pool, IpAddress Address)>> _bySa = [];

    public ImmutableArray<LeaseRow> All =>
        [.. _byAddress.Values.OrderBy(lease => lease.Pool, StringComparer.Ordinal).ThenBy(lease => lease.Address)];

    public IkeSpi? HolderOf(string pool, IpAddress address) => _byAddress.GetValueOrDefault((pool, address))?.LocalSpi;

    public void Lease(LeaseClaim claim)
    {
        (string Pool, IpAddress Address) key = (claim.Pool, claim.Address);
        if (HolderOf(claim.Pool, claim.Address) != claim.LocalSpi)
        {
            HeldBy(claim.LocalSpi).Add(key);
        }

        _byAddress[key] = new LeaseRow(claim.Pool, claim.Address, claim.Identity, claim.LocalSpi);
    }

    /// <summary>All that one SA holds becomes another's.</summary>
    public void Move(IkeSpi from, IkeSpi to)
    {
        foreach ((string Pool, IpAddress Address) key in Take(from))
        {
            _byAddress[key] = _byAddress[key] with { LocalSpi = to };
            HeldBy(to).Add(key);
        }
    }

    /// <summary>The identity stays, so that the address can be the same one's again.</summary>
    public void Free(IkeSpi holder)
    {
        foreach ((string Pool, IpAddress Address) key in Take(holder))
        {
            _byAddress[key] = _byAddress[key] with { LocalSpi = null };
        }
    }

    private List<(string Pool, IpAddress Address)> Take(IkeSpi holder) =>
        _bySa.Remove(holder, out List<(string Pool, IpAddress Address)>? held) ? held : [];

    private List<(string Pool, IpAddress Address)> HeldBy(IkeSpi holder)
    {
        if (!_bySa.TryGetValue(holder, out List<(string Pool, IpAddress Address)>? held))
        {
            _bySa[holder] = held = [];
        }

        return held;
    }
}
