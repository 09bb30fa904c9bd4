using System.Collections.Immutable;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Ports;

namespace IkeCluster.Cluster.Region;

/// <summary>Which event loop of this node serves a shard; shared by all of them.</summary>
public sealed class ShardMap
{
    private readonly EventLoop?[] _homes = new EventLoop?[ShardsMax];
    private readonly ImmutableArray<ShardClaim> _claims;

    /// <summary>12 bits of every SPI (DESIGN.md).</summary>
    public const int ShardsMax = 1 << 12;

    /// <summary>Spreads the shards over the loops.</summary>
    /// <param name="claims">The shards that this node owns.</param>
    /// <param name="loops">All loops of the node; the first is the home of the address pools.</param>
    public ShardMap(ImmutableArray<ShardClaim> claims, ImmutableArray<EventLoop> loops)
    {
        _claims = claims;
        Loops = loops;
        foreach (ShardClaim claim in claims)
        {
            _homes[claim.Shard.Value] = loops[claim.Shard.Value % loops.Length];
        }
    }

    /// <summary>Of a loop that owns nothing yet.</summary>
    internal static ShardMap Empty { get; } = new([], []);

    public ImmutableArray<EventLoop> Loops { get; }

    internal EventLoop PoolHome => Loops[0];

    /// <summary>Null: not this node's, or not any more.</summary>
    internal EventLoop? HomeOf(ShardId shard) => shard.Value < ShardsMax ? Volatile.Read(ref _homes[shard.Value]) : null;

    internal IEnumerable<ShardClaim> ClaimsOf(EventLoop loop) =>
        _claims.Where(claim => ReferenceEquals(HomeOf(claim.Shard), loop));

    internal void Abandon(ShardId shard) => Volatile.Write(ref _homes[shard.Value], null);
}
