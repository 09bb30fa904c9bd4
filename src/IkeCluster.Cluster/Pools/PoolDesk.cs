using System.Collections.Immutable;
using System.Diagnostics;
using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;

namespace IkeCluster.Cluster.Pools;

/// <summary>
/// A loop's way to the address pools, which live on one loop of the node: there a question is answered at once, from
/// elsewhere it goes by mail.
/// </summary>
internal sealed class PoolDesk(EventLoop loop, OutTray tray)
{
    public void Ask(PoolTask task)
    {
        if (loop.Pools is not null)
        {
            Take(task);
        }
        else
        {
            tray.Send(loop.Map.PoolHome, new LoopMessage.ForPools(task));
        }
    }

    /// <summary>Gives back what an SA holds; nothing to give back is nothing to ask.</summary>
    public void Return(ImmutableArray<LeasedAddress> addresses, SaActor owner)
    {
        if (!addresses.IsDefaultOrEmpty)
        {
            Ask(new PoolTask.Return(addresses, owner.Spi));
        }
    }

    /// <summary>Answers a question; only where the pools live.</summary>
    public void Take(PoolTask task)
    {
        AddressPools pools = loop.Pools!;
        switch (task)
        {
            case PoolTask.Lease lease:
                ImmutableArray<LeasedAddress> found = pools.Lease(lease.Request, lease.Asker.Actor.Spi, loop.Now);
                Answer(lease.Asker, found);
                break;
            case PoolTask.Return given:
                pools.Return(given.Addresses, given.Owner);
                break;
            case PoolTask.Move moved:
                pools.Move(moved.Addresses, moved.From, moved.To);
                break;
            case PoolTask.Distrust refused:
                pools.Distrust(refused.Address, refused.Owner, loop.Now);
                break;
            case PoolTask.Relocate moved:
                pools.Relocate(moved.Addresses, moved.Owner, moved.Remote);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private void Answer(PoolAsker asker, ImmutableArray<LeasedAddress> found)
    {
        var answer = new LoopMessage.Leased(asker, found);
        if (ReferenceEquals(asker.Loop, loop))
        {
            loop.TakeLeased(answer);
        }
        else
        {
            tray.Send(asker.Loop, answer);
        }
    }
}
