using System.Collections.Immutable;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Children;

/// <summary>A section of <c>children</c> that has room for what the peer asks, and how much (RFC 7296 §2.9).</summary>
internal readonly record struct ChildFit(
    ChildPolicy Policy, ImmutableArray<TrafficSelector> LocalTs, ImmutableArray<TrafficSelector> RemoteTs, bool HoldsFirstPair)
{
    /// <summary>
    /// All sections that fit, best first: those that hold the first pair of selectors, which stands for the packet that
    /// caused the request (RFC 7296 §2.9), before the others, each in the order of the configuration.
    /// </summary>
    internal static ImmutableArray<ChildFit> Find(
        IEnumerable<ChildPolicy> policies, ChildAddresses addresses, ChildSa? replaced, in TsPayload local, in TsPayload remote)
    {
        ImmutableArray<ChildFit>.Builder holding = ImmutableArray.CreateBuilder<ChildFit>();
        ImmutableArray<ChildFit>.Builder others = ImmutableArray.CreateBuilder<ChildFit>();
        foreach (ChildPolicy policy in policies)
        {
            ImmutableArray<TrafficSelector> localTs = Narrowing.Narrow(WithUsed(policy.LocalTs, replaced?.LocalTs), addresses.Local, local);
            ImmutableArray<TrafficSelector> remoteTs = Narrowing.Narrow(
                WithUsed(Narrowing.CutToLease(policy.RemoteTs, addresses), replaced?.RemoteTs), addresses.Remote, remote);
            if (!ShareFamily(localTs, remoteTs))
            {
                continue;
            }

            bool holdsFirst = Holds(localTs, local[0]) && Holds(remoteTs, remote[0]);
            (holdsFirst ? holding : others).Add(new ChildFit(policy, localTs, remoteTs, holdsFirst));
        }

        return [.. holding, .. others];
    }

    /// <summary>True where this one carries all that the other would.</summary>
    internal bool Covers(ChildFit other)
    {
        (ImmutableArray<TrafficSelector> localTs, ImmutableArray<TrafficSelector> remoteTs) = (LocalTs, RemoteTs);
        return other.LocalTs.All(one => Holds(localTs, one)) && other.RemoteTs.All(one => Holds(remoteTs, one));
    }

    // RFC 7296 §2.9.2: a rekey keeps what is in use, whatever a reload has made of the section.
    private static ImmutableArray<SelectorPolicy> WithUsed(ImmutableArray<SelectorPolicy> policy, ImmutableArray<TrafficSelector>? used) =>
        used is null ? policy : [.. used.Value.Select(selector => new SelectorPolicy(false, selector)), .. policy];

    private static bool Holds(ImmutableArray<TrafficSelector> wide, TrafficSelector one) => wide.Any(held => held.Contains(one));

    // A pair of selectors carries traffic only where both are of one family.
    private static bool ShareFamily(ImmutableArray<TrafficSelector> local, ImmutableArray<TrafficSelector> remote) =>
        local.Any(ours => remote.Any(theirs => ours.IsV4 == theirs.IsV4));
}
