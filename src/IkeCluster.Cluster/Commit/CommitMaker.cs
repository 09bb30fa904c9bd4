using System.Collections.Immutable;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Commit;

/// <summary>Makes a step's writes ready for the store: rows as snapshots, and the leases that a new SA claims.</summary>
internal static class CommitMaker
{
    public static SaCommit Make(Shard shard, ImmutableArray<SaWrite> writes, ISaMachine machine) => new(
        shard.NextCommitId(),
        shard.Id,
        shard.Epoch,
        [.. writes.Select(write => RowOf(shard, write, machine))],
        [
            // In one order for everybody, so that two nodes never wait for one another's rows.
            .. writes.Where(write => write is { Kind: SaWriteKind.Insert, MovesLeasesFrom: null })
                .SelectMany(ClaimsOf)
                .OrderBy(claim => claim.Pool, StringComparer.Ordinal)
                .ThenBy(claim => claim.Address),
        ],
        writes.Select(SessionOf).FirstOrDefault(session => session is not null));

    private static RowWrite RowOf(Shard shard, SaWrite write, ISaMachine machine) => new(
        write.Kind,
        write.State.LocalSpi,
        write.State.RowVersion,
        write.Kind == SaWriteKind.Delete ? Memory<byte>.Empty : machine.WriteSnapshot(write.State),
        write.MovesLeasesFrom,
        MovedTo(shard, write));

    private static UdpEndpoint? MovedTo(Shard shard, SaWrite write) =>
        write.Kind == SaWriteKind.Update && shard.Actors.GetValueOrDefault(write.State.LocalSpi)?.Row is { } row
        && row.Path.Remote != write.State.Path.Remote
            ? write.State.Path.Remote
            : null;

    private static SessionClaim? SessionOf(SaWrite write) => write.Session is { } rule
        ? new SessionClaim(write.State.LocalSpi, new SessionSeat(write.State.Facts!.Session, write.State.Path.Remote), rule)
        : null;

    private static IEnumerable<LeaseClaim> ClaimsOf(SaWrite write)
    {
        SaFacts facts = write.State.Facts!;
        return facts.VirtualIps.Select(
            leased => new LeaseClaim(leased.Pool, leased.Address, facts.PeerId.Key, write.State.LocalSpi));
    }
}
