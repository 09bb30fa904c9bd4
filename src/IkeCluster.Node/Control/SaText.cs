using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Control;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Node.Health;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Control;

/// <summary>An IKE SA in the words of CONTRACT.md.</summary>
internal static class SaText
{
    /// <summary><paramref name="count"/> asks the data plane what a child has carried; absent: nothing counts.</summary>
    public static SaInfo Describe(SaView view, string node, Instant now, Func<EspSpi, ChildTraffic?>? count = null)
    {
        IkeSaState state = view.State;
        SaFacts? facts = state.Facts;
        return new SaInfo(
            state.LocalSpi.ToString(),
            state.PeerSpi.ToString(),
            facts?.Connection ?? "",
            Metrics.SnakeCase(state.Phase.ToString()),
            facts?.LocalId.ToString() ?? "",
            facts?.RemoteId.ToString() ?? "",
            facts?.EapId?.ToString(),
            state.Path.Local.ToString(),
            state.Path.Remote.ToString(),
            [.. (facts?.VirtualIps ?? []).Select(leased => leased.Address.ToString())],
            facts is null ? "" : ProposalText.Write(facts.Proposal),
            facts is null ? 0 : Seconds(now - facts.EstablishedAt),
            RekeyIn(facts?.RekeyAt ?? Instant.Never, now),
            node,
            view.Shard.Value,
            [.. state.Children.Select(child => Describe(child, now, count?.Invoke(child.InboundSpi)))]);
    }

    private static ChildInfo Describe(ChildSa child, Instant now, ChildTraffic? traffic) => new(
        child.Name,
        child.InboundSpi.ToString(),
        child.OutboundSpi.ToString(),
        Metrics.SnakeCase(child.Mode.ToString()),
        ProposalText.Write(child.Proposal),
        [.. child.LocalTs.Select(selector => selector.ToString())],
        [.. child.RemoteTs.Select(selector => selector.ToString())],
        (long?)traffic?.OctetsIn,
        (long?)traffic?.OctetsOut,
        RekeyIn(child.RekeyAt, now));

    private static long? RekeyIn(Instant at, Instant now) => at == Instant.Never ? null : Math.Max(0, Seconds(at - now));

    private static long Seconds(TimeSpan span) => (long)span.TotalSeconds;
}
