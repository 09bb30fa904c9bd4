using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Pools;

/// <summary>How an address may be found, from the best answer to the last resort.</summary>
internal enum LeaseChoice : byte { Shared, Sticky, Wanted, Fresh, LongestFree }

/// <summary>
/// The addresses of one pool as this node knows them. An address is held by one SA, or by several of one session key while
/// one takes the other's place (decision 0004); the store's lease table has the last word, and says so by refusing the commit
/// (DESIGN.md, Identities and addresses).
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
    private readonly LeasesByIdentity _heldBy = new();
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
    public void Restore(IpAddress address, string identity, LeaseHolder? holder)
    {
        if (holder is null && (!Covers(address) || _leases.ContainsKey(address)))
        {
            return;
        }

        Lease lease = _leases.GetValueOrDefault(address) ?? Make(address, identity);
        if (holder is not null)
        {
            Hold(lease, identity, holder);
        }
        else
        {
            Release(lease);
        }

        Count();
    }

    /// <summary>Everything that another configuration of the pool should know, once for each holder; the earliest first.</summary>
    public IEnumerable<(IpAddress Address, string Identity, LeaseHolder? Holder)> Known()
    {
        foreach (Lease lease in _leases.Values.Where(lease => lease.State != LeaseState.Elsewhere).OrderBy(lease => lease.Address))
        {
            if (lease.State != LeaseState.Held)
            {
                yield return (lease.Address, lease.Identity, null);
            }

            for (LeaseHolder? holder = lease.Holder; holder is not null; holder = holder.Next)
            {
                yield return (lease.Address, lease.Identity, new LeaseHolder(holder.Spi, holder.Own, holder.Remote));
            }
        }
    }

    /// <summary>Finds an address in one way.</summary>
    public bool TryTake(LeaseChoice choice, LeaseRequest request, IkeSpi owner, Instant now, out IpAddress address)
    {
        TrustAgain(now);
        string identity = request.Identity.Key;
        Lease? found = choice switch
        {
            LeaseChoice.Shared => FindShared(identity, request),
            LeaseChoice.Sticky => FindSticky(identity, request.Wanted),
            LeaseChoice.Wanted => IsFull ? null : FindWanted(identity, request.Wanted),
            LeaseChoice.Fresh => IsFull ? _free.Oldest : FindFresh(identity),
            _ => FindLongestFree(request.Wanted),
        };
        address = found?.Address ?? default;
        if (found is null)
        {
            return false;
        }

        Hold(found, identity, new LeaseHolder(owner, request.Seat?.Key.Own, request.Seat?.Remote ?? default));
        Count();
        return true;
    }

    /// <summary>
    /// An SA has no more to do with an address, if it ever held it; where it was the last, the address stays its identity's first
    /// choice.
    /// </summary>
    public void Return(IpAddress address, IkeSpi owner)
    {
        if (FindHeld(address) is { } lease && lease.Remove(owner) && lease.Holder is null)
        {
            LetGo(lease);
            Release(lease);
            Count();
        }
    }

    /// <summary>An IKE rekey gave the SA a new SPI.</summary>
    public void Move(IpAddress address, IkeSpi from, IkeSpi to)
    {
        if (FindHeld(address)?.FindHolder(from) is { } holder)
        {
            holder.Spi = to;
        }
    }

    /// <summary>The SA's peer is somewhere else now.</summary>
    public void Relocate(IpAddress address, IkeSpi owner, UdpEndpoint remote)
    {
        if (FindHeld(address)?.FindHolder(owner) is { } holder)
        {
            holder.Remote = remote;
        }
    }

    /// <summary>
    /// The lease table says that another SA holds it: it is not offered for a while, or not to be shared where that other is known
    /// here too.
    /// </summary>
    public void Distrust(IpAddress address, IkeSpi owner, Instant now)
    {
        if (FindHeld(address) is not { } lease || !lease.Remove(owner))
        {
            return;
        }

        if (lease.Holder is not null)
        {
            lease.IsShareRefused = true;
            return;
        }

        LetGo(lease);
        lease.State = LeaseState.Elsewhere;
        _distrusted.Enqueue((lease, now + DistrustFor));
        Count();
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

    /// <summary>
    /// What the client asks to have again and holds by another SA; or, where no other SA of its pair will stay, what one of them
    /// holds.
    /// </summary>
    private Lease? FindShared(string identity, LeaseRequest request)
    {
        if (request.Seat is not { } seat)
        {
            return null;
        }

        foreach (IpAddress address in request.Wanted)
        {
            if (FindHeld(address) is { } wanted && MayShare(wanted, seat, request.DisplacesAll))
            {
                return wanted;
            }
        }

        Lease? lease = request.DisplacesAll ? _heldBy.NewestOf(identity) : null;
        while (lease is not null && !MayShare(lease, seat, displacesAll: true))
        {
            lease = lease.OlderOfIdentity;
        }

        return lease;
    }

    private static bool MayShare(Lease lease, in SessionSeat seat, bool displacesAll)
    {
        bool may = !lease.IsShareRefused && string.Equals(lease.Identity, seat.Key.Peer, StringComparison.Ordinal);
        for (LeaseHolder? holder = lease.Holder; may && holder is not null; holder = holder.Next)
        {
            may = string.Equals(holder.Own, seat.Key.Own, StringComparison.Ordinal) && (displacesAll || holder.Remote == seat.Remote);
        }

        return may;
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

    private Lease? FindHeld(IpAddress address) =>
        _leases.TryGetValue(address, out Lease? lease) && lease.State == LeaseState.Held ? lease : null;

    private Lease Make(IpAddress address, string identity)
    {
        var lease = new Lease(address, identity);
        _leases.Add(address, lease);
        return lease;
    }

    private void Hold(Lease lease, string identity, LeaseHolder holder)
    {
        if (lease.State == LeaseState.Free)
        {
            _free.Remove(lease);
        }

        if (lease.State != LeaseState.Held)
        {
            lease.State = LeaseState.Held;
            lease.Identity = identity;
            lease.IsShareRefused = false;
            _heldBy.Add(lease);
            _held++;
        }

        lease.Add(holder);
    }

    /// <summary>Nobody holds it any more.</summary>
    private void LetGo(Lease lease)
    {
        _heldBy.Remove(lease);
        _held--;
    }

    private void Release(Lease lease)
    {
        lease.State = LeaseState.Free;
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
