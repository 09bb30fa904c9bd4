using System.Collections.Immutable;
using System.Security.Cryptography;
using IkeCluster.Cluster.Commit;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Ports;

/// <summary>
/// What survives. Rows are sealed inside the store (DESIGN.md, State at rest); the plain snapshot passes this line only.
/// Every method may be called from any loop.
/// </summary>
public interface IShardStore
{
    /// <summary>
    /// Takes every shard for this node and raises its epoch (SQLite: one node owns all; PostgreSQL: those placed here).
    /// </summary>
    ValueTask<ImmutableArray<ShardClaim>> ClaimAsync(string node, int shards, CancellationToken stop);

    /// <summary>
    /// Commits in groups; never blocks its caller. The answer has one outcome for each commit, in order. A store that
    /// cannot write answers Unknown or keeps trying; it does not throw for that.
    /// </summary>
    ValueTask<ImmutableArray<SaOutcome>> CommitAsync(CommitBatch batch, CancellationToken stop);

    /// <summary>One row, unsealed, or null where there is none (or only a tombstone).</summary>
    ValueTask<SaRow?> LoadAsync(ShardId shard, IkeSpi localSpi, CancellationToken stop);

    /// <summary>The live SPIs of a shard: 8 octets each, so that a dead SPI is dropped without a read.</summary>
    ValueTask<ImmutableArray<IkeSpi>> ListLiveSpisAsync(ShardId shard, CancellationToken stop);

    /// <summary>All rows of a shard, in pieces of at most <paramref name="limit"/>, by SPI above <paramref name="after"/>.</summary>
    ValueTask<ImmutableArray<SaRow>> ListAsync(ShardId shard, IkeSpi after, int limit, CancellationToken stop);

    /// <summary>All leases ever made that still stick to an identity, those in use with their SA.</summary>
    ValueTask<ImmutableArray<LeaseRow>> ListLeasesAsync(CancellationToken stop);

    /// <summary>Forgets addresses that nobody holds, of pools other than these.</summary>
    ValueTask PruneLeasesAsync(ImmutableArray<string> pools, CancellationToken stop);
}

/// <summary>
/// An SA's row, unsealed. <paramref name="Snapshot"/> is Engine's Snapshot format, keys and all: a copy of the asker's own,
/// who wipes it once it is read. <paramref name="Displaced"/> is the mark that a later login of the same identity left.
/// </summary>
public sealed record SaRow(
    ShardId Shard, IkeSpi LocalSpi, long RowVersion, Memory<byte> Snapshot, Displacement Displaced = Displacement.None)
{
    public void Wipe() => CryptographicOperations.ZeroMemory(Snapshot.Span);
}

/// <summary>
/// An address of a pool and one SA that holds it; one row for each holder. <paramref name="LocalSpi"/> is null where it is free
/// but was <paramref name="Identity"/>'s last, which is an Identity.Key: what is shown of two identities may look alike.
/// <paramref name="Seat"/> is the holder's session.
/// </summary>
public sealed record LeaseRow(string Pool, IpAddress Address, string Identity, IkeSpi? LocalSpi, SessionSeat? Seat = null);
