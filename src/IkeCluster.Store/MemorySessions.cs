using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Store;

/// <summary>The session table of <see cref="MemoryShardStore"/>: by SA, and by peer.</summary>
internal sealed class MemorySessions(MemoryJournal journal)
{
    private readonly MemoryTable<IkeSpi, Session> _bySa = new(journal);
    private readonly MemoryTable<string, Sas> _byPeer = new(journal);

    public SessionRow? Find(IkeSpi spi) => _bySa[spi]?.Row;

    /// <summary>In the order of SPIs.</summary>
    public ImmutableArray<SessionRow> OfPeer(string peer) => [.. (_byPeer[peer]?.Spis ?? []).Select(spi => _bySa[spi]!.Row)];

    public void Put(SessionRow row)
    {
        Remove(row.LocalSpi);
        string peer = row.Seat.Key.Peer;
        _bySa[row.LocalSpi] = new Session(row);
        _byPeer[peer] = new Sas((_byPeer[peer]?.Spis ?? []).Add(row.LocalSpi));
    }

    public void Mark(DisplacedSa displaced)
    {
        if (Find(displaced.LocalSpi) is { } row)
        {
            Put(row with { Displaced = displaced.How });
        }
    }

    public void MoveTo(IkeSpi spi, UdpEndpoint remote)
    {
        if (Find(spi) is { } row)
        {
            Put(row with { Seat = row.Seat with { Remote = remote } });
        }
    }

    /// <summary>An IKE rekey: the session goes on under another SPI, with its mark.</summary>
    public void Move(IkeSpi from, IkeSpi to)
    {
        if (Find(from) is { } row)
        {
            Remove(from);
            Put(row with { LocalSpi = to });
        }
    }

    public void Remove(IkeSpi spi)
    {
        if (_bySa[spi] is not { } session)
        {
            return;
        }

        string peer = session.Row.Seat.Key.Peer;
        _bySa[spi] = null;
        ImmutableSortedSet<IkeSpi> left = _byPeer[peer]!.Spis.Remove(spi);
        _byPeer[peer] = left.IsEmpty ? null : new Sas(left);
    }

    private sealed record Session(SessionRow Row);

    private sealed record Sas(ImmutableSortedSet<IkeSpi> Spis)
    {
        private static readonly Comparer<IkeSpi> ByValue = Comparer<IkeSpi>.Create((a, b) => a.Value.CompareTo(b.Value));

        public ImmutableSortedSet<IkeSpi> Spis { get; } = Spis.WithComparer(ByValue);
    }
}
