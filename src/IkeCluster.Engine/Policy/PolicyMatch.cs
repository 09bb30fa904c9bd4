using System.Collections.Immutable;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Policy;

/// <summary>
/// Which connection serves a peer: addresses narrow the candidates in IKE_SA_INIT, identities decide in IKE_AUTH, best
/// match first, as swanctl does. Of equals, the one written first.
/// </summary>
internal static class PolicyMatch
{
    /// <summary>All that serve this pair of addresses, the most specific first.</summary>
    internal static ImmutableArray<ConnectionPolicy> ByAddresses(PolicySet policy, DatagramPath path)
    {
        List<(ConnectionPolicy Connection, UInt128 Width)> found = [];
        foreach (ConnectionPolicy connection in policy.Connections)
        {
            UInt128? local = NarrowestMatch(connection.LocalAddrs, path.Local.Address);
            UInt128? remote = NarrowestMatch(connection.RemoteAddrs, path.Remote.Address);
            if (local is { } ours && remote is { } theirs)
            {
                found.Add((connection, ours > UInt128.MaxValue - theirs ? UInt128.MaxValue : ours + theirs));
            }
        }

        return [.. found.OrderBy(one => one.Width).Select(one => one.Connection)];
    }

    /// <summary>True where the connection serves this pair of addresses.</summary>
    internal static bool Serves(ConnectionPolicy connection, DatagramPath path) =>
        NarrowestMatch(connection.LocalAddrs, path.Local.Address) is not null
        && NarrowestMatch(connection.RemoteAddrs, path.Remote.Address) is not null;

    /// <summary>
    /// Of the candidates, those that allow these identities and this kind of proof, the best first.
    /// <paramref name="wantedLocal"/> is the peer's IDr: a wish (RFC 7296 §2.15), null when absent.
    /// </summary>
    internal static ConnectionPolicy? ByIdentities(
        ImmutableArray<ConnectionPolicy> candidates, Identity? wantedLocal, Identity remote, AuthClass kind)
    {
        ConnectionPolicy? best = null;
        int bestScore = 0;
        foreach (ConnectionPolicy connection in candidates)
        {
            int ofRemote = connection.Remote.Id.Match(remote);
            int ofLocal = MatchLocal(connection, wantedLocal);
            if (connection.Remote.Auth.Class == kind && ofRemote > 0 && ofLocal > 0 && ofRemote + ofLocal > bestScore)
            {
                (best, bestScore) = (connection, ofRemote + ofLocal);
            }
        }

        return best;
    }

    private static int MatchLocal(ConnectionPolicy connection, Identity? wanted) =>
        wanted is null || wanted.IsAny || connection.Local.Id is null ? 1 : connection.Local.Id.Match(wanted);

    /// <summary>How many addresses the narrowest matching range holds; null: none matches.</summary>
    private static UInt128? NarrowestMatch(ImmutableArray<AddressRange> ranges, IpAddress address)
    {
        if (ranges.IsEmpty)
        {
            return UInt128.MaxValue;
        }

        UInt128? narrowest = null;
        foreach (AddressRange range in ranges)
        {
            UInt128 width = range.End.Value - range.Start.Value;
            if (range.Contains(address) && (narrowest is null || width < narrowest))
            {
                narrowest = width;
            }
        }

        return narrowest;
    }
}
