using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>
/// Rows that are read because somebody asks for their SA. One read for each SA at a time, and a bounded number over all;
/// a row that was read becomes an actor that stays, so a stranger who replays a datagram costs one read, not one each.
/// </summary>
internal sealed class RowReader(IShardStore store, Action wake)
{
    internal const int ReadsInFlightMax = 256;

    private readonly Func<(ShardId Shard, IkeSpi Spi), ValueTask<SaRow?>> _load =
        key => store.LoadAsync(key.Shard, key.Spi, CancellationToken.None);

    private readonly Dictionary<IkeSpi, LoadingSa> _loading = [];
    private readonly List<LoadingSa> _inOrder = [];

    public bool IsFull => _inOrder.Count >= ReadsInFlightMax;

    /// <summary>A read has ended and is not taken yet.</summary>
    public bool HasLoaded => _inOrder.Exists(loading => loading.Call.IsCompleted);

    public bool IsLoading(IkeSpi spi) => _loading.ContainsKey(spi);

    /// <summary>The read under way for this SA, begun here where there is none; null when too many are.</summary>
    public LoadingSa? Load(Shard shard, IkeSpi spi)
    {
        if (_loading.TryGetValue(spi, out LoadingSa? loading) || IsFull)
        {
            return loading;
        }

        bool isAhead = !shard.Sleeping.TryGetValue(spi, out SleepingSa sleeping) || sleeping.IsAhead;
        loading = new LoadingSa(shard, spi, isAhead, sleeping.HeardAt, PortCall<SaRow?>.Start(_load, (shard.Id, spi), wake));
        _loading.Add(spi, loading);
        _inOrder.Add(loading);
        return loading;
    }

    /// <summary>Nobody waits any more.</summary>
    public void DropAll() => _inOrder.ForEach(loading => loading.DropDatagrams());

    /// <summary>The next read that has ended.</summary>
    public bool TryTakeLoaded(out LoadingSa? loaded)
    {
        for (int i = 0; i < _inOrder.Count; i++)
        {
            if (_inOrder[i].Call.IsCompleted)
            {
                loaded = _inOrder[i];
                _inOrder.RemoveAt(i);
                _loading.Remove(loaded.Spi);
                return true;
            }
        }

        loaded = null;
        return false;
    }
}
