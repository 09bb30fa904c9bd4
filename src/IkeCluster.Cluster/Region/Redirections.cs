using IkeCluster.Cluster.Actors;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>
/// A loop that drains sends the clients of its SAs to another gateway (RFC 5685 §5), those that sleep too: a few a turn, so that
/// it goes on answering meanwhile.
/// </summary>
internal sealed class Redirections(ShardRegion region)
{
    internal const int PerTurnMax = 32;

    private readonly Queue<SaKey> _left = [];
    private bool _isRefused;

    public void Begin()
    {
        foreach (Shard shard in region.Shards)
        {
            foreach (IkeSpi spi in shard.Live)
            {
                _left.Enqueue(new SaKey(shard.Id, spi));
            }
        }
    }

    public void Advance(SaHost host)
    {
        _isRefused = host.IsOverloaded;
        for (int i = 0; i < PerTurnMax && !_isRefused && _left.TryPeek(out SaKey next); i++)
        {
            _isRefused = !host.Redirect(next);
            if (!_isRefused)
            {
                _left.Dequeue();
            }
        }
    }

    public Instant NextDeadline(Instant now) =>
        _left.Count == 0 ? Instant.Never : _isRefused ? now + EventLoop.RetryAfter : now;
}
