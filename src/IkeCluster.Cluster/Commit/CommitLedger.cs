using System.Collections.Immutable;
using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Commit;

/// <summary>Keeps in step with the store what this loop knows of it: which SPIs live, and who holds which address.</summary>
internal sealed class CommitLedger(ShardRegion region, PoolDesk pools)
{
    /// <summary>These writes are durable.</summary>
    public void Written(Shard shard, ImmutableArray<SaWrite> writes)
    {
        foreach (SaWrite write in writes)
        {
            if (shard.Actors.TryGetValue(write.State.LocalSpi, out SaActor? actor))
            {
                Follow(actor.Row, write.State);
                actor.Row = write.State;
            }

            if (write.Kind == SaWriteKind.Insert)
            {
                Born(shard, write);
            }
            else if (write.Kind == SaWriteKind.Delete)
            {
                Died(shard, write.State);
            }
        }
    }

    private void Follow(IkeSaState? before, IkeSaState after)
    {
        if (before is not null && before.Path.Remote != after.Path.Remote && after.Facts is { VirtualIps.IsEmpty: false } facts)
        {
            pools.Ask(new PoolTask.Relocate(facts.VirtualIps, after.LocalSpi, after.Path.Remote));
        }
    }

    private void Born(Shard shard, SaWrite write)
    {
        IkeSpi spi = write.State.LocalSpi;
        region.Born(shard, spi);
        if (write.MovesLeasesFrom is { } from && !write.State.Facts!.VirtualIps.IsEmpty)
        {
            pools.Ask(new PoolTask.Move(write.State.Facts.VirtualIps, from, spi));
        }
    }

    private void Died(Shard shard, IkeSaState ended)
    {
        region.Died(shard, ended.LocalSpi);
        if (ended.Facts is { VirtualIps.IsEmpty: false } facts)
        {
            pools.Ask(new PoolTask.Return(facts.VirtualIps, ended.LocalSpi));
        }
    }
}
