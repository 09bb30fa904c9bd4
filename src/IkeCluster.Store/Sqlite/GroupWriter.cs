using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>
/// One write connection and its prepared statements. A group of SA commits is one transaction; in it every SA commit
/// stands in a savepoint of its own, so that one that clashes leaves its neighbours alone.
/// </summary>
internal sealed class GroupWriter : IDisposable
{
    /// <summary>Tombstones pruned by one group at most, so that no commit pays for a long past.</summary>
    private const int PrunedPerGroupMax = 256;

    private readonly SqliteConnection _connection;
    private readonly RowCipher _cipher;
    private readonly RowStatements _sql;
    private readonly ClaimWriter _claims;
    private readonly Dictionary<ShardId, uint> _epochs = [];

    private GroupWriter(SqliteConnection connection, RowCipher cipher, TimeSpan tombstonesFor)
    {
        _connection = connection;
        _cipher = cipher;
        _sql = new RowStatements(connection, (long)tombstonesFor.TotalSeconds, PrunedPerGroupMax);
        _claims = new ClaimWriter(connection);
    }

    /// <summary>Takes a connection of its own; one that prepares no statements is closed again.</summary>
    public static GroupWriter Open(SqliteFile file, RowCipher cipher, TimeSpan tombstonesFor)
    {
        SqliteConnection connection = file.OpenWriter();
        try
        {
            return new GroupWriter(connection, cipher, tombstonesFor);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Fills in one outcome for each commit. Throws where the database cannot write; this writer is then to be disposed
    /// of, which rolls back what it began.
    /// </summary>
    public void Commit(List<PendingBatch> group)
    {
        // The write lock is ours from here on, so an epoch that is read once holds to the end.
        _sql.Begin.ExecuteNonQuery();
        _epochs.Clear();
        foreach (PendingBatch pending in group)
        {
            for (int i = 0; i < pending.Commits.Length; i++)
            {
                pending.Outcomes[i] = Apply(pending.Commits[i]);
            }
        }

        _sql.Prune.ExecuteNonQuery();
        _sql.Commit.ExecuteNonQuery();
    }

    /// <summary>The same for one commit alone.</summary>
    public void Commit(PendingBatch pending, int index)
    {
        _sql.Begin.ExecuteNonQuery();
        _epochs.Clear();
        pending.Outcomes[index] = Apply(pending.Commits[index]);
        _sql.Commit.ExecuteNonQuery();
    }

    public void Dispose()
    {
        _claims.Dispose();
        _sql.Dispose();
        _connection.Dispose();
    }

    private SaOutcome Apply(SaCommit commit)
    {
        uint? epoch = EpochOf(commit.Shard);
        if (epoch != commit.Epoch.Value)
        {
            return new(SaOutcomeKind.Fenced, $"shard {commit.Shard} is at epoch {epoch}, this commit at {commit.Epoch}");
        }

        _sql.Savepoint.ExecuteNonQuery();
        SaOutcome? clash = Write(commit);
        if (clash is not null)
        {
            _sql.RollBack.ExecuteNonQuery();
        }

        _sql.Release.ExecuteNonQuery();
        return clash is { } conflict && !IsAlreadyIn(commit) ? conflict : _claims.Committed(commit);
    }

    private uint? EpochOf(ShardId shard)
    {
        if (_epochs.TryGetValue(shard, out uint known))
        {
            return known;
        }

        return _sql.FindEpoch.With(shard.Value).ExecuteScalar() is long epoch ? _epochs[shard] = (uint)epoch : null;
    }

    /// <summary>Null, or what stood in the way.</summary>
    private SaOutcome? Write(SaCommit commit)
    {
        _claims.Move(commit);
        foreach (RowWrite row in commit.Rows)
        {
            if (!TryWrite(commit, row))
            {
                string found = Describe(commit.Shard, row.LocalSpi);
                return new(SaOutcomeKind.Conflict, $"{row.Kind} of {row.LocalSpi} at version {row.RowVersion}: {found}");
            }

            _claims.Follow(row);
        }

        return _claims.Claim(commit);
    }

    private bool TryWrite(SaCommit commit, RowWrite row)
    {
        byte[] spi = row.LocalSpi.ToColumn();
        byte[] id = commit.Id.ToColumn();
        if (row.Kind == SaWriteKind.Delete)
        {
            return _sql.Delete.With(commit.Shard.Value, spi, row.RowVersion, commit.Epoch.Value, id).ExecuteNonQuery() == 1;
        }

        byte[] blob = _cipher.Seal(new RowSeat(commit.Shard, row.LocalSpi, row.RowVersion, commit.Epoch), row.Snapshot.Span);
        SqliteCommand write = row.Kind == SaWriteKind.Insert ? _sql.Insert : _sql.Update;
        write.With(commit.Shard.Value, spi, row.RowVersion, commit.Epoch.Value, id, RowCipher.Format, _cipher.Newest, blob);
        return write.ExecuteNonQuery() == 1;
    }

    /// <summary>
    /// A commit is written whole or not at all, so one row that carries its ID proves that an earlier try of the same
    /// write got through.
    /// </summary>
    private bool IsAlreadyIn(SaCommit commit)
    {
        foreach (RowWrite row in commit.Rows)
        {
            using SqliteDataReader found = _sql.FindRow.With(commit.Shard.Value, row.LocalSpi.ToColumn()).ExecuteReader();
            if (found.Read() && found.GetInt64(0) == row.RowVersion && found.GetBlob(1).AsSpan().SequenceEqual(commit.Id.ToColumn()))
            {
                return true;
            }
        }

        return false;
    }

    private string Describe(ShardId shard, IkeSpi spi)
    {
        using SqliteDataReader found = _sql.FindRow.With(shard.Value, spi.ToColumn()).ExecuteReader();
        if (!found.Read())
        {
            return "there is no such row";
        }

        return found.GetBoolean(2) ? $"a tombstone is there, version {found.GetInt64(0)}" : $"the row is at version {found.GetInt64(0)}";
    }
}
