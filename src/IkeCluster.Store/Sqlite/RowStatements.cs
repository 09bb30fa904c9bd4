using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>The writer's statements, prepared once for its connection.</summary>
internal sealed class RowStatements(SqliteConnection connection, long tombstoneSeconds, int prunedMax) : IDisposable
{
    public SqliteCommand Begin { get; } = connection.Prepare("BEGIN IMMEDIATE");

    public SqliteCommand Commit { get; } = connection.Prepare("COMMIT");

    public SqliteCommand Savepoint { get; } = connection.Prepare("SAVEPOINT sa_commit");

    public SqliteCommand RollBack { get; } = connection.Prepare("ROLLBACK TO sa_commit");

    public SqliteCommand Release { get; } = connection.Prepare("RELEASE sa_commit");

    public SqliteCommand FindEpoch { get; } = connection.Prepare("SELECT epoch FROM shard WHERE id = $shard", "$shard");

    public SqliteCommand FindRow { get; } = connection.Prepare(
        "SELECT row_version, commit_id, deleted_at IS NOT NULL FROM sa WHERE shard = $shard AND local_spi = $spi", "$shard", "$spi");

    /// <summary>Over a tombstone too nothing is inserted.</summary>
    public SqliteCommand Insert { get; } = connection.Prepare(
        "INSERT INTO sa (shard, local_spi, row_version, epoch, commit_id, format, key_version, sealed) "
        + "VALUES ($shard, $spi, $version, $epoch, $commit, $format, $key, $sealed) ON CONFLICT DO NOTHING",
        "$shard", "$spi", "$version", "$epoch", "$commit", "$format", "$key", "$sealed");

    public SqliteCommand Update { get; } = connection.Prepare(
        "UPDATE sa SET row_version = $version, epoch = $epoch, commit_id = $commit, format = $format, key_version = $key, "
        + "sealed = $sealed WHERE shard = $shard AND local_spi = $spi AND row_version = $version - 1 AND deleted_at IS NULL",
        "$shard", "$spi", "$version", "$epoch", "$commit", "$format", "$key", "$sealed");

    public SqliteCommand Delete { get; } = connection.Prepare(
        "UPDATE sa SET row_version = $version, epoch = $epoch, commit_id = $commit, sealed = NULL, deleted_at = unixepoch() "
        + "WHERE shard = $shard AND local_spi = $spi AND row_version = $version - 1 AND deleted_at IS NULL",
        "$shard", "$spi", "$version", "$epoch", "$commit");

    public SqliteCommand Prune { get; } = connection.Prepare(
        "DELETE FROM sa WHERE rowid IN (SELECT rowid FROM sa WHERE deleted_at IS NOT NULL "
        + $"AND deleted_at <= unixepoch() - {tombstoneSeconds} LIMIT {prunedMax})");

    public void Dispose()
    {
        foreach (SqliteCommand command in (ReadOnlySpan<SqliteCommand>)
            [Begin, Commit, Savepoint, RollBack, Release, FindEpoch, FindRow, Insert, Update, Delete, Prune])
        {
            command.Dispose();
        }
    }
}
