using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>The writer's statements about sessions and leases, prepared once for its connection.</summary>
internal sealed class ClaimStatements(SqliteConnection connection) : IDisposable
{
    /// <summary>An SA has one session, whatever it had before.</summary>
    public SqliteCommand MoveSession { get; } = connection.Prepare(
        "UPDATE OR REPLACE session SET local_spi = $to WHERE local_spi = $from", "$to", "$from");

    public SqliteCommand MoveLeases { get; } = connection.Prepare(
        "UPDATE OR REPLACE lease_holder SET local_spi = $to WHERE local_spi = $from", "$to", "$from");

    public SqliteCommand MovePeer { get; } = connection.Prepare(
        "UPDATE session SET remote = $remote WHERE local_spi = $spi", "$remote", "$spi");

    public SqliteCommand EndSession { get; } = connection.Prepare("DELETE FROM session WHERE local_spi = $spi", "$spi");

    /// <summary>The row in lease stays, so that the address can be the same identity's again.</summary>
    public SqliteCommand FreeLeases { get; } = connection.Prepare("DELETE FROM lease_holder WHERE local_spi = $spi", "$spi");

    public SqliteCommand SessionsOfPeer { get; } = connection.Prepare(
        "SELECT local_spi, own, remote, displaced FROM session WHERE peer = $peer ORDER BY local_spi", "$peer");

    public SqliteCommand MarkOf { get; } = connection.Prepare("SELECT displaced FROM session WHERE local_spi = $spi", "$spi");

    public SqliteCommand Displace { get; } = connection.Prepare(
        "UPDATE session SET displaced = $how WHERE local_spi = $spi", "$how", "$spi");

    public SqliteCommand BeginSession { get; } = connection.Prepare(
        "INSERT OR REPLACE INTO session (peer, own, local_spi, remote) VALUES ($peer, $own, $spi, $remote)",
        "$peer", "$own", "$spi", "$remote");

    /// <summary>Holders that share with nobody: none of a displaced session of the same pair, nor of the same client.</summary>
    public SqliteCommand CountForeignHolders { get; } = connection.Prepare(
        "SELECT count(*) FROM lease_holder held WHERE pool = $pool AND address = $address AND local_spi <> $spi AND NOT EXISTS ("
        + "SELECT 1 FROM session theirs JOIN session ours ON ours.peer = theirs.peer AND ours.own = theirs.own "
        + "WHERE theirs.local_spi = held.local_spi AND ours.local_spi = $spi "
        + "AND (theirs.displaced IS NOT NULL OR theirs.remote = ours.remote))",
        "$pool", "$address", "$spi");

    public SqliteCommand Lease { get; } = connection.Prepare(
        "INSERT INTO lease (pool, address, identity) VALUES ($pool, $address, $identity) "
        + "ON CONFLICT DO UPDATE SET identity = excluded.identity",
        "$pool", "$address", "$identity");

    public SqliteCommand Hold { get; } = connection.Prepare(
        "INSERT INTO lease_holder (pool, address, local_spi) VALUES ($pool, $address, $spi) ON CONFLICT DO NOTHING",
        "$pool", "$address", "$spi");

    public void Dispose()
    {
        foreach (SqliteCommand command in (ReadOnlySpan<SqliteCommand>)
        [
            MoveSession, MoveLeases, MovePeer, EndSession, FreeLeases, SessionsOfPeer, MarkOf, Displace, BeginSession,
            CountForeignHolders, Lease, Hold,
        ])
        {
            command.Dispose();
        }
    }
}
