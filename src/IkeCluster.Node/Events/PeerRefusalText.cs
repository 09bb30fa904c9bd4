using System.Globalization;
using IkeCluster.Engine;
using IkeCluster.Engine.Window;
using IkeCluster.Node.Health;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Events;

/// <summary>What a peer would not do for us, in words.</summary>
internal static class PeerRefusalText
{
    /// <summary>As in <c>ike_refused_by_peer_total</c>.</summary>
    public static string Label(OwnRequestKind kind) => Metrics.SnakeCase($"{kind}");

    public static string What(SaEvent.PeerRefused refused) => refused.Kind switch
    {
        OwnRequestKind.RekeyIke => "to rekey it",
        OwnRequestKind.RekeyChild => $"to rekey its Child SA {refused.ChildName}",
        _ => $"to make the Child SA {refused.ChildName}",
    };

    public static string Why(SaEvent.PeerRefused refused) =>
        refused.Why == NotifyType.None ? "its answer fits nothing that was offered" : Metrics.SnakeCase($"{refused.Why}").ToUpperInvariant();

    /// <summary><c>tried again in 12 s, over at 2026-01-31 12:00:00 UTC</c>.</summary>
    public static string Next(SaEvent.PeerRefused refused, Instant now)
    {
        string again = refused.RetryAt == Instant.Never
            ? "not tried again"
            : $"tried again in {Math.Max(0, (long)(refused.RetryAt - now).TotalSeconds)} s";
        return refused.EndsAt == Instant.Never
            ? again
            : $"{again}, over at {refused.EndsAt.ToUtc().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC";
    }
}
