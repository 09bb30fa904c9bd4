using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Store;

/// <summary>Sessions and leases of <see cref="MemoryShardStore"/>: what a commit says about them happens whole or not at all.</summary>
internal sealed class MemoryClaims
{
    private readonly MemoryJournal _journal = new();
    private readonly MemorySessions _sessions;
    private readonly MemoryLeases _leases;

    public MemoryClaims()
    {
        _sessions = new MemorySessions(_journal);
        _leases = new MemoryLeases(_journal);
    }

    /// <summary>One row for each holder, by pool, address and SPI.</summary>
    public ImmutableArray<LeaseRow> Leases => [.. _leases.All.SelectMany(RowsOf)];

    public ImmutableArray<IkeSpi> HoldersOf(string pool, IpAddress address) => _leases.HoldersOf(pool, address);

    public Displacement MarkOf(IkeSpi spi) => _sessions.Find(spi)?.Displaced ?? Displacement.None;

    /// <summary>Null, or the conflict that left everything as it was.</summary>
    public SaOutcome? Apply(SaCommit commit)
    {
        SaOutcome? clash = Write(commit);
        if (clash is null)
        {
            _journal.Commit();
        }
        else
        {
            _journal.RollBack();
        }

        return clash;
    }

    /// <summary>The outcome of a commit that is in; the same again if it is asked for again.</summary>
    public SaOutcome Committed(SaCommit commit)
    {
        IEnumerable<SessionRow> moved = commit.Rows
            .Where(row => row.MovesLeasesFrom is not null)
            .Select(row => _sessions.Find(row.LocalSpi))
            .OfType<SessionRow>();
        IEnumerable<SessionRow> others = commit.Session is { } claim
            ? _sessions.OfPeer(claim.Seat.Key.Peer).Where(row => row.Seat.Key == claim.Seat.Key && row.LocalSpi != claim.LocalSpi)
            : [];
        return new(SaOutcomeKind.Committed)
        {
            Displaced =
            [
                .. moved.Concat(others)
                    .Where(row => row.Displaced != Displacement.None)
                    .Select(row => new DisplacedSa(row.LocalSpi, row.Displaced)),
            ],
        };
    }

    public void Prune(ImmutableArray<string> pools)
    {
        _leases.Prune(pools);
        _journal.Commit();
    }

    private IEnumerable<LeaseRow> RowsOf(MemoryLeases.Lease lease) => lease.Holders.IsEmpty
        ? [new LeaseRow(lease.Pool, lease.Address, lease.Identity, null)]
        : lease.Holders
            .OrderBy(spi => spi.Value)
            .Select(spi => new LeaseRow(lease.Pool, lease.Address, lease.Identity, spi, _sessions.Find(spi)?.Seat));

    /// <summary>Sessions and leases move first, so that a delete in the same commit does not end them.</summary>
    private SaOutcome? Write(SaCommit commit)
    {
        foreach (RowWrite row in commit.Rows)
        {
            if (row.MovesLeasesFrom is { } from)
            {
                _sessions.Move(from, row.LocalSpi);
                _leases.Move(from, row.LocalSpi);
            }
        }

        foreach (RowWrite row in commit.Rows)
        {
            if (row.MovedTo is { } remote)
            {
                _sessions.MoveTo(row.LocalSpi, remote);
            }

            if (row.Kind == SaWriteKind.Delete)
            {
                _sessions.Remove(row.LocalSpi);
                _leases.Free(row.LocalSpi);
            }
        }

        return (commit.Session is { } session ? Claim(session) : null)
            ?? commit.Claims.Select(Claim).FirstOrDefault(clash => clash is not null);
    }

    private SaOutcome? Claim(SessionClaim claim)
    {
        SessionVerdict verdict = claim.Judge(
            [.. _sessions.OfPeer(claim.Seat.Key.Peer).Where(row => row.LocalSpi != claim.LocalSpi)]);
        if (verdict.Refusal != SessionRefusal.None)
        {
            return Conflicts.Of(verdict.Refusal);
        }

        foreach (DisplacedSa displaced in verdict.Displaced)
        {
            _sessions.Mark(displaced);
        }

        _sessions.Put(new SessionRow(claim.LocalSpi, claim.Seat, Displacement.None));
        return null;
    }

    private SaOutcome? Claim(LeaseClaim claim)
    {
        SessionRow? ours = _sessions.Find(claim.LocalSpi);
        foreach (IkeSpi holder in _leases.HoldersOf(claim.Pool, claim.Address).Remove(claim.LocalSpi))
        {
            bool mayShare = ours is { } own && _sessions.Find(holder) is { } other && other.Seat.Key == own.Seat.Key
                && (other.Displaced != Displacement.None || other.Seat.IsSameClient(own.Seat));
            if (!mayShare)
            {
                return Conflicts.Of(claim);
            }
        }

        _leases.Add(claim);
        return null;
    }
}
