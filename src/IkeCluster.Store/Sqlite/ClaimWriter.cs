using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>
/// Sessions and leases, within the transaction of the commit that they belong to. It holds the write lock, so what is read
/// here is what was committed last, and who commits last decides.
/// </summary>
internal sealed class ClaimWriter(SqliteConnection connection) : IDisposable
{
    private readonly ClaimStatements _sql = new(connection);

    /// <summary>Before any row is written, so that a delete in the same commit does not end what goes on.</summary>
    public void Move(SaCommit commit)
    {
        foreach (RowWrite row in commit.Rows)
        {
            if (row.MovesLeasesFrom is { } from)
            {
                byte[] to = row.LocalSpi.ToColumn();
                _sql.MoveSession.With(to, from.ToColumn()).ExecuteNonQuery();
                _sql.MoveLeases.With(to, from.ToColumn()).ExecuteNonQuery();
            }
        }
    }

    /// <summary>What a row's write means for its session and its leases.</summary>
    public void Follow(RowWrite row)
    {
        if (row.MovedTo is { } remote)
        {
            _sql.MovePeer.With(remote.ToColumn(), row.LocalSpi.ToColumn()).ExecuteNonQuery();
        }

        if (row.Kind == SaWriteKind.Delete)
        {
            byte[] spi = row.LocalSpi.ToColumn();
            _sql.EndSession.With(spi).ExecuteNonQuery();
            _sql.FreeLeases.With(spi).ExecuteNonQuery();
        }
    }

    /// <summary>Null, or the conflict; then the caller takes back what was written.</summary>
    public SaOutcome? Claim(SaCommit commit)
    {
        if (commit.Session is { } session && Claim(session) is { } refused)
        {
            return refused;
        }

        foreach (LeaseClaim claim in commit.Claims)
        {
            if (!TryLease(claim))
            {
                return Conflicts.Of(claim);
            }
        }

        return null;
    }

    /// <summary>The outcome of a commit that is in; the same again if it is asked for again.</summary>
    public SaOutcome Committed(SaCommit commit)
    {
        var displaced = ImmutableArray.CreateBuilder<DisplacedSa>();
        foreach (RowWrite row in commit.Rows)
        {
            if (row.MovesLeasesFrom is not null && _sql.MarkOf.With(row.LocalSpi.ToColumn()).ExecuteScalar() is long how)
            {
                displaced.Add(new DisplacedSa(row.LocalSpi, (Displacement)how));
            }
        }

        if (commit.Session is { } claim)
        {
            displaced.AddRange(Others(claim)
                .Where(row => row.Displaced != Displacement.None && row.Seat.Key == claim.Seat.Key)
                .Select(row => new DisplacedSa(row.LocalSpi, row.Displaced)));
        }

        return new(SaOutcomeKind.Committed) { Displaced = displaced.DrainToImmutable() };
    }

    public void Dispose() => _sql.Dispose();

    private SaOutcome? Claim(SessionClaim claim)
    {
        SessionVerdict verdict = claim.Judge(Others(claim));
        if (verdict.Refusal != SessionRefusal.None)
        {
            return Conflicts.Of(verdict.Refusal);
        }

        foreach (DisplacedSa displaced in verdict.Displaced)
        {
            _sql.Displace.With((long)displaced.How, displaced.LocalSpi.ToColumn()).ExecuteNonQuery();
        }

        SessionSeat seat = claim.Seat;
        _sql.BeginSession.With(seat.Key.Peer, seat.Key.Own, claim.LocalSpi.ToColumn(), seat.Remote.ToColumn()).ExecuteNonQuery();
        return null;
    }

    private List<SessionRow> Others(SessionClaim claim)
    {
        List<SessionRow> others = [];
        string peer = claim.Seat.Key.Peer;
        using SqliteDataReader reader = _sql.SessionsOfPeer.With(peer).ExecuteReader();
        while (reader.Read())
        {
            IkeSpi spi = reader.GetSpi(0);
            if (spi != claim.LocalSpi)
            {
                var seat = new SessionSeat(new SessionKey(peer, reader.GetString(1)), reader.GetEndpoint(2));
                others.Add(new SessionRow(spi, seat, reader.GetDisplacement(3)));
            }
        }

        return others;
    }

    private bool TryLease(LeaseClaim claim)
    {
        byte[] address = claim.Address.ToColumn();
        byte[] spi = claim.LocalSpi.ToColumn();
        if (_sql.CountForeignHolders.With(claim.Pool, address, spi).ExecuteScalar() is not 0L)
        {
            return false;
        }

        _sql.Lease.With(claim.Pool, address, claim.Identity).ExecuteNonQuery();
        _sql.Hold.With(claim.Pool, address, spi).ExecuteNonQuery();
        return true;
    }
}
