using System.Collections.Immutable;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Pools;

/// <summary>How an address may be found, from the best answer to the last resort.</summary>
internal enum LeaseChoice : byte { Sticky, Wanted, Fresh, LongestFree }

/// <summary>
/// The addresses of one pool as this node knows them. An address is held by at most one SA; the store's lease table
/// has the last word, and says so by refusing the commit (DESIGN.md, Identities and addresses).
/// </summary>
internal sealed class AddressPool
{
    /// <summary>How long an address that the lease table refused us is not offered again.</summary>
    internal static readonly TimeSpan DistrustFor = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Free addresses that stick to somebody at most; past it the oldest of them goes before a fresh one. So memory and lease
    /// table, which has a row for each address ever leased, end where a range of IPv6 does not.
    /// </summary>
    internal const int StickyMax = 65_536;

    private readonly ImmutableArray<AddressBlock> _blocks;
    private readonly Dictionary<IpAddress, Lease> _leases = [];
    private readonly FreeLeases _free = new();
    private readonly Queue<(Lease Lease, Instant Until)> _distrusted = [];
    private int _held;
    private int _sticky;

    public AddressPool(PoolPolicy policy)
    {
        Policy = policy;
        _blocks = [.. policy.Addrs.Select(range => new AddressBlock(range))];
        long room = long.MaxValue;
        Size = _blocks.Aggregate(0L, (sum, block) => sum + Math.Min(block.Size, room - sum));
    }

    public PoolPolicy Policy { get; }

    public long Size { get; }

    /// <summary>Readable from any thread.</summary>
    public PoolStats Stats => new(Policy.Name, Size, Volatile.Read(ref _held), Volatile.Read(ref _sticky));

    /// <summary>Puts back what the store or an earlier configuration knew; an address outside the ranges only while held.</summary>
    public void Restore(IpAddress address, string identity, IkeSpi? owner)
    {
        if (owner is null && !Covers(address))
        {
            return;
        }

        var lease = new Lease(address, identity);
        if (!_leases.TryAdd(address, lease))
        {
            return;
        }

        if (owner is { } holder)
        {
            Hold(lease, identity, holder);
        }
        else
        {
            Release(lease);
        }

        Count();
    }

    /// <summary>Everything that another configuration of the pool should know.</summary>
    public IEnumerable<(IpAddress Address, string Identity, IkeSpi? Owner)> Known() =>
        _leases.Values
            .Where(lease => lease.State != LeaseState.Elsewhere)
            .OrderBy(lease => lease.Address)
            .Select(lease => (lease.Address, lease.Identity, lease.State == LeaseState.Held ? lease.Owner : (IkeSpi?)null));

    /// <summary>Finds an address in one way; <paramref name="wanted"/> is what the peer asks to have again.</summary>
    public bool TryTake(
        LeaseChoice choice, string identity, ImmutableArray<IpAddress> wanted, IkeSpi owner, Instant now, out IpAddress address)
    {
        TrustAgain(now);
        Lease? found = choice switch
        {
            LeaseChoice.Sticky => FindSticky(identity, wanted),
            LeaseChoice.Wanted => IsFull ? null : FindWanted(identity, wanted),
            LeaseChoice.Fresh => IsFull ? _free.Oldest : FindFresh(identity),
            _ => FindLongestFree(wanted),
        };
        address = found?.Address ?? default;
        if (found is null)
        {
            return false;
        }

        if (found.State == LeaseState.Free)
        {
            _free.Remove(found);
        }

        Hold(found, identity, owner);
        Count();
        return true;
    }

    /// <summary>Gives an address back, if it is <paramref name="owner"/>'s; it stays its identity's first choice.</summary>
    public void Return(IpAddress address, IkeSpi owner)
    {
        if (!_leases.TryGetValue(address, out Lease? lease) || lease.State != LeaseState.Held || lease.Owner != owner)
        {
            return;
        }

        _held--;
        Release(lease);
        Count();
    }

    /// <summary>An IKE rekey gave the SA a new SPI.</summary>
    public void Move(IpAddress address, IkeSpi from, IkeSpi to)
    {
        if (_leases.TryGetValue(address, out Lease? lease) && lease.State == LeaseState.Held && lease.Owner == from)
        {
            lease.Owner = to;
        }
    }

    /// <summary>The lease table says that another SA holds it: it is not offered for a while.</summary>
    public void Distrust(IpAddress address, IkeSpi owner, Instant now)
    {
        if (_leases.TryGetValue(address, out Lease? lease) && lease.State == LeaseState.Held && lease.Owner == owner)
        {
            _held--;
            lease.State = LeaseState.Elsewhere;
            lease.Owner = IkeSpi.Zero;
            _distrusted.Enqueue((lease, now + DistrustFor));
            Count();
        }
    }

    private bool IsFull => _free.Count >= StickyMax;

    private bool Covers(IpAddress address)
    {
        foreach (AddressBlock block in _blocks)
        {
            if (block.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private Lease? FindSticky(string identity, ImmutableArray<IpAddress> wanted)
    {
        foreach (IpAddress address in wanted)
        {
            if (FindFree(address) is { } lease && string.Equals(lease.Identity, identity, StringComparison.Ordinal))
            {
                return lease;
            }
        }

        return _free.NewestOf(identity);
    }

    /// <summary>An address that nobody ever had; one that sticks to another is no stranger's first choice.</summary>
    private Lease? FindWanted(string identity, ImmutableArray<IpAddress> wanted)
    {
        foreach (IpAddress address in wanted)
        {
            if (Covers(address) && !_leases.ContainsKey(address))
            {
                return Make(address, identity);
            }
        }

        return null;
    }

    private Lease? FindFresh(string identity)
    {
        foreach (AddressBlock block in _blocks)
        {
            while (block.TryNext(out IpAddress address))
            {
                if (!_leases.ContainsKey(address))
                {
                    return Make(address, identity);
                }
            }
        }

        return null;
    }

    private Lease? FindLongestFree(ImmutableArray<IpAddress> wanted)
    {
        foreach (IpAddress address in wanted)
        {
            if (FindFree(address) is { } lease)
            {
                return lease;
            }
        }

        return _free.Oldest;
    }

    private Lease? FindFree(IpAddress address) =>
        _leases.TryGetValue(address, out Lease? lease) && lease.State == LeaseState.Free ? lease : null;

    private Lease Make(IpAddress address, string identity)
    {
        var lease = new Lease(address, identity);
        _leases.Add(address, lease);
        return lease;
    }

    private void Hold(Lease lease, string identity, IkeSpi owner)
    {
        lease.State = LeaseState.Held;
        lease.Identity = identity;
        lease.Owner = owner;
        _held++;
    }

    private void Release(Lease lease)
    {
        lease.State = LeaseState.Free;
        lease.Owner = IkeSpi.Zero;
        if (Covers(lease.Address))
        {
            _free.Add(lease);
        }
        else
        {
            _leases.Remove(lease.Address);
        }
    }

    private void TrustAgain(Instant now)
    {
        while (_distrusted.TryPeek(out (Lease Lease, Instant Until) first) && first.Until <= now)
        {
            _distrusted.Dequeue();
            Release(first.Lease);
        }
    }

    private void Count()
    {
        Volatile.Write(ref _sticky, _free.Count);
        Volatile.Write(ref _held, _held);
    }
}
