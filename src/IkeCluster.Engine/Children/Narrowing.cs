using System.Collections.Immutable;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Children;

/// <summary>
/// Narrows the peer's traffic selectors to what the policy allows (RFC 7296 §2.9). The result is everything both sides
/// hold, so the first, specific pair that caused the request is in it wherever policy allows that pair (§2.9.1).
/// </summary>
public static class Narrowing
{
    /// <summary>
    /// The common part, in the policy's order, each selector once. <paramref name="dynamicAddresses"/> stand for
    /// <c>dynamic</c>: virtual addresses, or outer ones.
    /// </summary>
    public static ImmutableArray<TrafficSelector> Narrow(
        ImmutableArray<SelectorPolicy> policy, ImmutableArray<IpAddress> dynamicAddresses, in TsPayload offered)
    {
        ImmutableArray<TrafficSelector>.Builder narrowed = ImmutableArray.CreateBuilder<TrafficSelector>();
        foreach (TrafficSelector allowed in Resolve(policy, dynamicAddresses))
        {
            for (int i = 0; i < offered.Count; i++)
            {
                if (allowed.TryIntersect(offered[i], out TrafficSelector common) && !IsHeld(narrowed, common)
                    && narrowed.Count < Limits.TrafficSelectorsPerPayloadMax)
                {
                    narrowed.RemoveAll(held => common.Contains(held));
                    narrowed.Add(common);
                }
            }
        }

        return narrowed.ToImmutable();
    }

    /// <summary>
    /// Of what the connection's pools lease, a peer speaks for its own addresses only: a configured selector that meets a pool
    /// is cut to them, and is none where it holds none of them. One that meets no pool is a network behind the peer, which the
    /// administrator has named.
    /// </summary>
    internal static ImmutableArray<SelectorPolicy> CutToLease(ImmutableArray<SelectorPolicy> policy, ChildAddresses addresses)
    {
        ImmutableArray<SelectorPolicy>.Builder cut = ImmutableArray.CreateBuilder<SelectorPolicy>();
        foreach (SelectorPolicy one in policy)
        {
            IpAddress[] held = one.IsDynamic ? [] : [.. addresses.Remote.Where(address => Spans(one.Selector, address))];
            bool isBehindPeer = one.IsDynamic || (held.Length == 0 && !addresses.Pooled.Any(range => Meets(one.Selector, range)));
            cut.AddRange(isBehindPeer
                ? [one]
                : held.Select(address => one with { Selector = one.Selector with { Start = address, End = address } }));
        }

        return cut.ToImmutable();
    }

    private static bool Meets(TrafficSelector selector, AddressRange range) =>
        selector.IsV4 == range.Start.IsV4 && selector.Start.Value <= range.End.Value && range.Start.Value <= selector.End.Value;

    private static bool Spans(TrafficSelector selector, IpAddress address) =>
        selector.IsV4 == address.IsV4 && selector.Start.Value <= address.Value && address.Value <= selector.End.Value;

    /// <summary>Configured selectors with <c>dynamic</c> filled in.</summary>
    internal static IEnumerable<TrafficSelector> Resolve(
        ImmutableArray<SelectorPolicy> policy, ImmutableArray<IpAddress> dynamicAddresses)
    {
        foreach (SelectorPolicy one in policy)
        {
            if (!one.IsDynamic)
            {
                yield return one.Selector;
                continue;
            }

            foreach (IpAddress address in dynamicAddresses)
            {
                yield return one.Selector with { Start = address, End = address };
            }
        }
    }

    // A wider selector that is already there makes a narrower one superfluous; strongSwan removes it in the same way.
    private static bool IsHeld(ImmutableArray<TrafficSelector>.Builder narrowed, TrafficSelector common)
    {
        foreach (TrafficSelector held in narrowed)
        {
            if (held.Contains(common))
            {
                return true;
            }
        }

        return false;
    }
}
