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
    UInt128 Id, ShardId Shard, Epoch Epoch, ImmutableArray<RowWrite> Rows, ImmutableArray<LeaseClaim> Claims,
    SessionClaim? Session = null)
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
/// <paramref name="RowVersion"/> - 1. Delete leaves a tombstone (no snapshot) and frees the SA's leases and session.
/// <paramref name="MovesLeasesFrom"/>: leases and session of that SA become this one's (IKE rekey), a mark of displacement too.
/// <paramref name="MovedTo"/>: the peer is heard from there now, and its session says so.
/// </summary>
public sealed record RowWrite(
    SaWriteKind Kind, IkeSpi LocalSpi, long RowVersion, Memory<byte> Snapshot, IkeSpi? MovesLeasesFrom = null, UdpEndpoint? MovedTo = null);

/// <summary>
/// An address that becomes the SA's, unless another SA holds it: then the whole SaCommit is a Conflict. SAs of one session
/// key may share it where the other is displaced, or is the same client's (RFC 7296 §2.8.3; decision 0004); it is free when the last of them ends.
/// <paramref name="Identity"/> is Identity.Key of whom it sticks to.
/// </summary>
public readonly record struct LeaseClaim(string Pool, IpAddress Address, string Identity, IkeSpi LocalSpi);

public enum SaOutcomeKind : byte { Committed, Fenced, Conflict, Unknown }

/// <summary>What became of one SaCommit; <paramref name="Detail"/> says why, for the log.</summary>
public readonly record struct SaOutcome(SaOutcomeKind Kind, string? Detail = null)
{
    /// <summary>
    /// Committed: SAs that bear a mark because of this commit or an earlier one of the same session key, for their owners to act
    /// on. A commit that is tried again names them again.
    /// </summary>
    public ImmutableArray<DisplacedSa> Displaced { get; init; } = [];

    /// <summary>Conflict: the address that another SA holds; null where it was not about an address.</summary>
    public LeasedAddress? Clash { get; init; }

    /// <summary>Conflict: the sessions of its identity leave the login no room.</summary>
    public SessionRefusal Refusal { get; init; }
}
