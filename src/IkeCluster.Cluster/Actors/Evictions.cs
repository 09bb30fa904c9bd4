using System.Collections.Immutable;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// SAs that a later login put out, on their way from the commit that said so to the actor that acts on it: on this loop or
/// another, frozen, asleep, not read back yet, or not even known here. The mark in the store is the promise, told again with
/// each row that is read; this makes it prompt.
/// </summary>
internal sealed class Evictions(
    ShardRegion region, Population population, RowReader rows, Supervision supervision, OutTray tray, SpiSeal seal, EventLoop loop)
{
    /// <summary>These writes wait for the store, and may make SAs that no actor stands for yet.</summary>
    public static void Expect(SaActor actor, ImmutableArray<SaWrite> writes)
    {
        foreach (SaWrite write in writes)
        {
            if (write.Kind == SaWriteKind.Insert && write.State.LocalSpi != actor.Spi)
            {
                actor.Shard.Unborn[write.State.LocalSpi] = Displacement.None;
            }
        }
    }

    /// <summary>
    /// The writes are durable, or never will be. Answers those on this loop that are to be told: whom the commit displaced, and
    /// whom another displaced meanwhile.
    /// </summary>
    public IEnumerable<(SaKey Key, Displacement How)> Settle(
        Shard shard, ImmutableArray<SaWrite> writes, ImmutableArray<DisplacedSa> displaced)
    {
        if (shard.Unborn.Count == 0 && displaced.IsDefaultOrEmpty)
        {
            return [];
        }

        List<(SaKey, Displacement)> here = [];
        foreach (SaWrite write in writes)
        {
            if (shard.Unborn.Remove(write.State.LocalSpi, out Displacement how) && how != Displacement.None)
            {
                here.Add((new SaKey(shard.Id, write.State.LocalSpi), how));
            }
        }

        foreach (DisplacedSa gone in displaced.IsDefault ? [] : displaced)
        {
            if (seal.TryOpen(gone.LocalSpi, out Ports.ShardId id) && loop.Map.HomeOf(id) is { } home)
            {
                Tell(home, new SaKey(id, gone.LocalSpi), gone.How, here);
            }
        }

        return here;
    }

    /// <summary>The actor to tell; null where it is told when it comes, or is gone.</summary>
    public SaActor? Find(SaKey key, Displacement how)
    {
        if (region.Find(key.Shard) is not { } shard || supervision.IsQuarantined(key.Spi))
        {
            return null;
        }

        if (shard.Actors.TryGetValue(key.Spi, out SaActor? actor))
        {
            return actor;
        }

        if (shard.Unborn.TryGetValue(key.Spi, out Displacement told))
        {
            shard.Unborn[key.Spi] = how > told ? how : told;
        }
        else if (!shard.MayHaveRow(key.Spi))
        {
            return null;
        }
        else if (rows.Load(shard, key.Spi) is { } loading)
        {
            loading.Displace(how);
        }
        else
        {
            // Too many are being read: later its row says so itself.
            population.LetSleepUntil(shard, key.Spi, loop.Now + BackgroundLoad.RetryAfter);
        }

        return null;
    }

    private void Tell(EventLoop home, SaKey key, Displacement how, List<(SaKey, Displacement)> here)
    {
        if (ReferenceEquals(home, loop))
        {
            here.Add((key, how));
        }
        else
        {
            tray.Send(home, new LoopMessage.Displaced(key, how));
        }
    }
}
