using System.Collections.Immutable;
using System.Security.Cryptography;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Commit;

/// <summary>Many SAs' writes, for one transaction.</summary>
public sealed record CommitBatch(ImmutableArray<SaCommit> Commits);

/// <summary>
/// One step's writes of one SA: all or nothing. <paramref name="Id"/> stays the same when the same write is tried
/// again, and stands in the rows, so that after an unknown outcome the store can tell whether it was written.
/// </summary>
public sealed record SaCommit(
    UInt128 Id, ShardId Shard, Epoch Epoch, ImmutableArray<RowWrite> Rows, ImmutableArray<LeaseClaim> Claims)
{
    /// <summary>Wipes the keys in its rows; only when its outcome is known, because until then it may be tried again.</summary>
    internal void Wipe()
    {
        foreach (RowWrite row in Rows)
        {
            CryptographicOperations.ZeroMemory(row.Snapshot.Span);
        }
    }
}

/// <summary>
/// One row. Insert: no row or tombstone may be there. Update and Delete: the row must have
/// <paramref name="RowVersion"/> - 1. Delete leaves a tombstone (no snapshot) and frees the SA's leases.
/// <paramref name="MovesLeasesFrom"/>: leases of that SA become this one's (IKE rekey).
/// </summary>
public sealed record RowWrite(
    SaWriteKind Kind, IkeSpi LocalSpi, long RowVersion, Memory<byte> Snapshot, IkeSpi? MovesLeasesFrom = null);

/// <summary>
/// An address that becomes the SA's, unless another SA holds it: then the whole SaCommit is a Conflict.
/// <paramref name="Identity"/> is Identity.Key of whom it sticks to.
/// </summary>
public readonly record struct LeaseClaim(string Pool, IpAddress Address, string Identity, IkeSpi LocalSpi);

public enum SaOutcomeKind : byte { Committed, Fenced, Conflict, Unknown }

/// <summary>What became of one SaCommit; <paramref name="Detail"/> says why, for the log.</summary>
public readonly record struct SaOutcome(SaOutcomeKind Kind, string? Detail = null);
