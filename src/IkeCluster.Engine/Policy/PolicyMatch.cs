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

    /// <summary>Of the candidates, the one that fits these identities and this kind of proof best; null: none does.</summary>
    internal static ConnectionPolicy? ByIdentities(ImmutableArray<ConnectionPolicy> candidates, in AskedConnection asked)
    {
        ConnectionPolicy? best = null;
        (int Sum, int OfRemote) bestScore = default;
        foreach (ConnectionPolicy connection in candidates)
        {
            int ofRemote = connection.Remote.Id.Match(asked.Remote);
            int ofLocal = MatchLocal(connection, asked.WantedLocal);

            // Beside an eap_id nobody proves IDi, so a close match of it breaks a tie and counts for no more.
            int counted = connection.Remote.EapId is null ? ofRemote : Identity.AnyMatch;
            (int, int) score = (counted + ofLocal, ofRemote);
            if (TakesProof(connection, asked) && ofRemote > 0 && ofLocal > 0 && score.CompareTo(bestScore) > 0)
            {
                (best, bestScore) = (connection, score);
            }
        }

        return best;
    }

    /// <summary>
    /// Of the candidates that would have answered as <paramref name="current"/> did so far, the one whose eap_id fits the
    /// EAP identity best; null: none does. Among equals IDi decides, which nobody proves.
    /// </summary>
    internal static ConnectionPolicy? ByEapIdentity(
        ImmutableArray<ConnectionPolicy> candidates, ConnectionPolicy current, IpAddress dialled, Identity remote, Identity user) => candidates
        .Where(one => one.Remote.Auth.Class == AuthClass.Eap && one.Remote.Id.Match(remote) > 0 && one.Remote.EapId?.Match(user) > 0)
        .Where(one => one.Local.AnswersLike(current.Local, dialled))
        .MaxBy(one => (one.Remote.EapId!.Match(user), one.Remote.Id.Match(remote)));

    /// <summary>Why <see cref="ByIdentities"/> found none, for the operator: the first thing that ruled out the last candidates.</summary>
    internal static (LoginFailure Failure, string Cause) Explain(ImmutableArray<ConnectionPolicy> candidates, in AskedConnection asked)
    {
        Identity remote = asked.Remote;
        ConnectionPolicy[] known = [.. candidates.Where(one => one.Remote.Id.Match(remote) > 0)];
        if (known.Length == 0)
        {
            return (LoginFailure.UnknownIdentity, "no connection names this identity");
        }

        Identity? wanted = asked.WantedLocal;
        ConnectionPolicy[] ours = [.. known.Where(one => MatchLocal(one, wanted) > 0)];
        if (ours.Length == 0)
        {
            return (LoginFailure.NoPolicy, $"the peer wants to reach {wanted?.ToQuoted()}, and the connections for this identity answer as "
                + string.Join(", ", known.Select(one => $"{one.Local.Id}").Distinct(StringComparer.Ordinal)));
        }

        AuthClass kind = asked.Class;
        return ours.Any(one => one.Remote.Auth.Class == kind)
            ? (LoginFailure.NoPolicy, asked.AnotherFollows == true
                ? "the peer announces another round of authentication, and no connection for this identity has one"
                : "the peer proves itself once, and the connections for this identity have several rounds")
            : (LoginFailure.NoPolicy, $"no connection for this identity takes {NameOf(kind)}");
    }

    private static bool TakesProof(ConnectionPolicy connection, in AskedConnection asked) =>
        connection.Remote.Auth.Class == asked.Class
        && (asked.AnotherFollows is null || asked.AnotherFollows == connection.LaterRounds.Length > 0);

    private static string NameOf(AuthClass kind) => kind switch
    {
        AuthClass.Psk => "psk",
        AuthClass.Eap => "eap",
        _ => "pubkey",
    };

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

/// <summary>
/// What the first IKE_AUTH request says of the connection it is for. <paramref name="WantedLocal"/> is the peer's IDr: a
/// wish (RFC 7296 §2.15), null when absent. <paramref name="AnotherFollows"/>: a further round is announced (RFC 4739), null
/// where that comes later, with the AUTH payload.
/// </summary>
internal readonly record struct AskedConnection(Identity? WantedLocal, Identity Remote, AuthClass Class, bool? AnotherFollows);
