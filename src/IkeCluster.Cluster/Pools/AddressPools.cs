using System.Collections.Immutable;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Pools;

/// <summary>
/// All pools of this node. They live on one event loop, which the others ask by message: so an address is never given
/// twice, and nothing is locked. Only <see cref="Stats"/> may be read from elsewhere.
/// </summary>
public sealed class AddressPools
{
    private static readonly ImmutableArray<LeaseChoice> BestFirst =
        [LeaseChoice.Shared, LeaseChoice.Sticky, LeaseChoice.Wanted, LeaseChoice.Fresh, LeaseChoice.LongestFree];

    private ImmutableArray<AddressPool> _pools;

    /// <summary>Makes the pools, with what the store remembers of them.</summary>
    /// <param name="policies">The configured pools.</param>
    /// <param name="leases">All that the store remembers, held or not.</param>
    public AddressPools(ImmutableArray<PoolPolicy> policies, ImmutableArray<LeaseRow> leases)
    {
        _pools = [.. policies.Select(policy => new AddressPool(policy))];
        Dictionary<string, string> own = new(StringComparer.Ordinal);
        foreach (LeaseRow row in leases)
        {
            Find(row.Pool)?.Restore(row.Address, row.Identity, HolderOf(row, own));
        }
    }

    /// <summary>Readable from any thread; each number is right, their sum may be a moment off.</summary>
    public ImmutableArray<PoolStats> Stats() => [.. _pools.Select(pool => pool.Stats)];

    /// <summary>
    /// One address for each family asked and to be had. All pools are tried in one way before any is tried in the next:
    /// what sticks in the second pool goes before what is fresh in the first.
    /// </summary>
    public ImmutableArray<LeasedAddress> Lease(LeaseRequest request, IkeSpi owner, Instant now)
    {
        ImmutableArray<LeasedAddress>.Builder found = ImmutableArray.CreateBuilder<LeasedAddress>(2);
        if (request.WantsIpv4 && TryLease(request, wantsV4: true, owner, now, out LeasedAddress v4))
        {
            found.Add(v4);
        }

        if (request.WantsIpv6 && TryLease(request, wantsV4: false, owner, now, out LeasedAddress v6))
        {
            found.Add(v6);
        }

        return found.DrainToImmutable();
    }

    /// <summary>The SA is gone, or never came to be: what is still its own is free, and waits for the same identity.</summary>
    public void Return(ImmutableArray<LeasedAddress> addresses, IkeSpi owner)
    {
        foreach (LeasedAddress leased in addresses)
        {
            Find(leased.Pool)?.Return(leased.Address, owner);
        }
    }

    /// <summary>The leases go from an SA to the one that an IKE rekey put in its place.</summary>
    public void Move(ImmutableArray<LeasedAddress> addresses, IkeSpi from, IkeSpi to)
    {
        foreach (LeasedAddress leased in addresses)
        {
            Find(leased.Pool)?.Move(leased.Address, from, to);
        }
    }

    /// <summary>The peer of <paramref name="owner"/> is heard from somewhere else.</summary>
    public void Relocate(ImmutableArray<LeasedAddress> addresses, IkeSpi owner, UdpEndpoint remote)
    {
        foreach (LeasedAddress leased in addresses)
        {
            Find(leased.Pool)?.Relocate(leased.Address, owner, remote);
        }
    }

    /// <summary>The commit of <paramref name="owner"/> was refused: this is another SA's in the lease table.</summary>
    public void Distrust(LeasedAddress leased, IkeSpi owner, Instant now) =>
        Find(leased.Pool)?.Distrust(leased.Address, owner, now);

    /// <summary>A new configuration: held addresses stay held, free ones stay sticky where a range still covers them.</summary>
    public void Reconfigure(ImmutableArray<PoolPolicy> policies)
    {
        ImmutableArray<AddressPool>.Builder pools = ImmutableArray.CreateBuilder<AddressPool>(policies.Length);
        foreach (PoolPolicy policy in policies)
        {
            var pool = new AddressPool(policy);
            foreach ((IpAddress address, string identity, LeaseHolder? holder) in Find(policy.Name)?.Known() ?? [])
            {
                pool.Restore(address, identity, holder);
            }

            pools.Add(pool);
        }

        _pools = pools.MoveToImmutable();
    }

    /// <summary>Our own names are few, so each is kept once.</summary>
    private static LeaseHolder? HolderOf(LeaseRow row, Dictionary<string, string> ownNames)
    {
        if (row.LocalSpi is not { } spi)
        {
            return null;
        }

        string? own = row.Seat?.Key.Own;
        if (own is not null && !ownNames.TryAdd(own, own))
        {
            own = ownNames[own];
        }

        return new LeaseHolder(spi, own, row.Seat?.Remote ?? default);
    }

    private bool TryLease(LeaseRequest request, bool wantsV4, IkeSpi owner, Instant now, out LeasedAddress leased)
    {
        foreach (LeaseChoice choice in BestFirst)
        {
            foreach (string name in request.Pools)
            {
                if (Find(name) is { } pool
                    && pool.Policy.IsV4 == wantsV4
                    && pool.TryTake(choice, request, owner, now, out IpAddress address))
                {
                    leased = new LeasedAddress(name, address);
                    return true;
                }
            }
        }

        leased = default;
        return false;
    }

    private AddressPool? Find(string name)
    {
        foreach (AddressPool pool in _pools)
        {
            if (string.Equals(pool.Policy.Name, name, StringComparison.Ordinal))
            {
                return pool;
            }
        }

        return null;
    }
}
