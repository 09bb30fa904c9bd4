using System.Collections.Immutable;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine;

namespace IkeCluster.Cluster.Commit;

/// <summary>Makes a step's writes ready for the store: rows as snapshots, and the leases that a new SA claims.</summary>
internal static class CommitMaker
{
    public static SaCommit Make(Shard shard, ImmutableArray<SaWrite> writes, ISaMachine machine) => new(
        shard.NextCommitId(),
        shard.Id,
        shard.Epoch,
        [.. writes.Select(write => RowOf(write, machine))],
        [.. writes.Where(write => write is { Kind: SaWriteKind.Insert, MovesLeasesFrom: null }).SelectMany(ClaimsOf)]);

    private static RowWrite RowOf(SaWrite write, ISaMachine machine) => new(
        write.Kind,
        write.State.LocalSpi,
        write.State.RowVersion,
        write.Kind == SaWriteKind.Delete ? Memory<byte>.Empty : machine.WriteSnapshot(write.State),
        write.MovesLeasesFrom);

    private static IEnumerable<LeaseClaim> ClaimsOf(SaWrite write)
    {
        SaFacts facts = write.State.Facts!;
        string identity = (facts.EapId ?? facts.RemoteId).Key;
        return facts.VirtualIps.Select(leased => new LeaseClaim(leased.Pool, leased.Address, identity, write.State.LocalSpi));
    }
}
