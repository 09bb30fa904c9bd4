using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>SAs of one loop, in the order of shards and SPIs, above <paramref name="After"/>; null: from the start.</summary>
internal readonly record struct SaPageRequest(SaKey? After, int Limit);

/// <summary>
/// A piece of a loop's list: states of those in memory, keys alone of those that are only in their row.
/// <paramref name="Last"/> is where the next page goes on; null: that was all.
/// </summary>
internal sealed record SaPage(ImmutableArray<(SaKey Key, IkeSaState? State)> Sas, SaKey? Last)
{
    /// <summary>One shard at a time is looked at, so a page costs the loop no more than its largest shard.</summary>
    public static SaPage Of(ShardRegion region, SaPageRequest request)
    {
        Shard? shard = region.Shards
            .Where(shard => request.After is not { } after || shard.Id.Value >= after.Shard.Value)
            .MinBy(shard => shard.Id.Value);
        if (shard is null)
        {
            return new SaPage([], Last: null);
        }

        ulong above = request.After is { } from && from.Shard == shard.Id ? from.Spi.Value : 0;
        var found = shard.Live
            .Union(shard.Actors.Keys)
            .Where(spi => spi.Value > above)
            .OrderBy(spi => spi.Value)
            .Take(request.Limit)
            .Select(spi => (new SaKey(shard.Id, spi), shard.Actors.GetValueOrDefault(spi)?.State))
            .ToImmutableArray();
        bool isShardDone = found.Length < request.Limit;
        return new SaPage(found, isShardDone ? NextShard(region, shard) : found[^1].Item1);
    }

    private static SaKey? NextShard(ShardRegion region, Shard shard)
    {
        Shard? next = region.Shards.Where(other => other.Id.Value > shard.Id.Value).MinBy(other => other.Id.Value);
        return next is null ? null : new SaKey(next.Id, IkeSpi.Zero);
    }
}
