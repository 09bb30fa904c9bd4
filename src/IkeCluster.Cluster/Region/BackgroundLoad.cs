using System.Collections.Immutable;
using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>
/// Brings back what a shard had when it was taken: first the list of its live SPIs, so that dead ones cost no read, then
/// its rows page by page, so that their timers are armed. It yields to packets: the loop takes rows when it has time.
/// </summary>
internal sealed class BackgroundLoad(ShardRegion region, IShardStore store, ISaEvents events, Action wake)
{
    internal const int RowsPerPage = 128;
    internal const int ListsInFlightMax = 8;
    internal static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Func<ShardId, ValueTask<ImmutableArray<IkeSpi>>> _list =
        shard => store.ListLiveSpisAsync(shard, CancellationToken.None);

    private readonly Func<(ShardId Shard, IkeSpi After), ValueTask<ImmutableArray<SaRow>>> _page =
        from => store.ListAsync(from.Shard, from.After, RowsPerPage, CancellationToken.None);

    private readonly Queue<Shard> _toList = [];
    private readonly List<(Shard Shard, PortCall<ImmutableArray<IkeSpi>> Call)> _listing = [];
    private readonly Queue<Shard> _toPage = [];
    private readonly Queue<SaRow> _rows = [];
    private PortCall<ImmutableArray<SaRow>>? _paging;
    private Shard? _current;
    private IkeSpi _after;
    private Instant _pausedUntil;

    /// <summary>Shards that are not wholly back.</summary>
    public int ShardsToLoad => _toList.Count + _listing.Count + _toPage.Count + (_current is null ? 0 : 1);

    /// <summary>There is something to do at once: rows to take, an answer to read, or a question to ask.</summary>
    public bool HasWork(Instant now)
    {
        bool mayAsk = now >= _pausedUntil;
        bool wantsPage = _paging is { IsCompleted: true } || (mayAsk && _paging is null && (_current is not null || _toPage.Count > 0));
        bool wantsList = mayAsk && _toList.Count > 0 && _listing.Count < ListsInFlightMax;
        return _rows.Count > 0 || wantsPage || wantsList || _listing.Exists(listing => listing.Call.IsCompleted);
    }

    /// <summary>When to try again after the store failed.</summary>
    public Instant NextDeadline(Instant now) => ShardsToLoad > 0 && _pausedUntil > now ? _pausedUntil : Instant.Never;

    public void Add(Shard shard) => _toList.Enqueue(shard);

    /// <summary>Looks at what has come, and asks for what is next.</summary>
    public void Advance(Instant now)
    {
        TakeLists(now);
        TakePage(now);
        if (now < _pausedUntil)
        {
            return;
        }

        while (_listing.Count < ListsInFlightMax && _toList.TryDequeue(out Shard? shard))
        {
            _listing.Add((shard, PortCall<ImmutableArray<IkeSpi>>.Start(_list, shard.Id, wake)));
        }

        AskPage();
    }

    public bool TryTakeRow(out SaRow? row) => _rows.TryDequeue(out row);

    private void TakeLists(Instant now)
    {
        for (int i = 0; i < _listing.Count; i++)
        {
            (Shard shard, PortCall<ImmutableArray<IkeSpi>> call) = _listing[i];
            if (!call.IsCompleted)
            {
                continue;
            }

            _listing.RemoveAt(i--);
            if (!call.TryTake(out ImmutableArray<IkeSpi> spis, out string? fault))
            {
                Pause(fault, now);
                _toList.Enqueue(shard);
            }
            else if (IsOurs(shard))
            {
                Learn(shard, spis);
            }
        }
    }

    private void Learn(Shard shard, ImmutableArray<IkeSpi> spis)
    {
        foreach (IkeSpi spi in spis)
        {
            // One that ended while the list was under way is in no list of ours.
            if (!shard.EndedEarly.Contains(spi))
            {
                region.Born(shard, spi);
            }
        }

        shard.EndedEarly.Clear();
        shard.IsLiveKnown = true;
        if (!spis.IsEmpty)
        {
            _toPage.Enqueue(shard);
        }
    }

    private void TakePage(Instant now)
    {
        if (_paging is not { IsCompleted: true } paging)
        {
            return;
        }

        _paging = null;
        if (!paging.TryTake(out ImmutableArray<SaRow> rows, out string? fault))
        {
            Pause(fault, now);
            return;
        }

        foreach (SaRow row in rows)
        {
            _rows.Enqueue(row);
        }

        if (rows.Length < RowsPerPage)
        {
            _current = null;
        }
        else
        {
            _after = rows[^1].LocalSpi;
        }
    }

    private void AskPage()
    {
        if (_paging is not null || _rows.Count >= RowsPerPage)
        {
            return;
        }

        if (_current is null && _toPage.TryDequeue(out Shard? next))
        {
            (_current, _after) = (next, IkeSpi.Zero);
        }

        if (_current is { } shard && !IsOurs(shard))
        {
            _current = null;
        }
        else if (_current is not null)
        {
            _paging = PortCall<ImmutableArray<SaRow>>.Start(_page, (_current.Id, _after), wake);
        }
    }

    private bool IsOurs(Shard shard) => ReferenceEquals(region.Find(shard.Id), shard);

    private void Pause(string? fault, Instant now)
    {
        _pausedUntil = now + RetryAfter;
        events.StoreTrouble(fault ?? "rows could not be listed");
    }
}
