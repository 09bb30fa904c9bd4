using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>The shards that one event loop serves.</summary>
internal sealed class ShardRegion
{
    private readonly Dictionary<ShardId, Shard> _byId = [];
    private readonly List<Shard> _inOrder = [];
    private int _nextForInit;

    public IReadOnlyList<Shard> Shards => _inOrder;

    /// <summary>SPIs that have a row, over all shards.</summary>
    public long LiveCount { get; private set; }

    public void Add(Shard shard)
    {
        _byId.Add(shard.Id, shard);
        _inOrder.Add(shard);
    }

    public Shard? Find(ShardId id) => _byId.GetValueOrDefault(id);

    /// <summary>A new SA may live in any shard of ours: they take turns. Null where this loop has none.</summary>
    public Shard? NextForInit()
    {
        if (_inOrder.Count == 0)
        {
            return null;
        }

        _nextForInit = (_nextForInit + 1) % _inOrder.Count;
        return _inOrder[_nextForInit];
    }

    public void Born(Shard shard, IkeSpi spi) => LiveCount += shard.Live.Add(spi) ? 1 : 0;

    public void Died(Shard shard, IkeSpi spi)
    {
        LiveCount -= shard.Live.Remove(spi) ? 1 : 0;
        if (!shard.IsLiveKnown)
        {
            shard.EndedEarly.Add(spi);
        }
    }

    public void Remove(Shard shard)
    {
        _byId.Remove(shard.Id);
        _inOrder.Remove(shard);
        LiveCount -= shard.Live.Count;
    }
}
