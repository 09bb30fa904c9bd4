using System.Collections.Immutable;
using System.Diagnostics;
using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;

namespace IkeCluster.Cluster.Pools;

/// <summary>
/// A loop's way to the address pools, which live on one loop of the node: there a question is answered at once, from
/// elsewhere it goes by mail. A question that finds a full mailbox waits; each actor has at most a few.
/// </summary>
internal sealed class PoolDesk(EventLoop loop)
{
    private readonly Queue<(EventLoop To, LoopMessage Message)> _unsent = [];

    public bool HasUnsent => _unsent.Count > 0;

    public void Ask(PoolTask task)
    {
        if (loop.Pools is not null)
        {
            Take(task);
        }
        else
        {
            Send(loop.Map.PoolHome, new LoopMessage.ForPools(task));
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
                pools.Distrust(refused.Addresses, refused.Owner, loop.Now);
                break;
            default:
                throw new UnreachableException();
        }
    }

    public void Retry()
    {
        while (_unsent.TryPeek(out (EventLoop To, LoopMessage Message) first) && first.To.TryPost(first.Message))
        {
            _unsent.Dequeue();
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
            Send(asker.Loop, answer);
        }
    }

    private void Send(EventLoop to, LoopMessage message)
    {
        if (HasUnsent || !to.TryPost(message))
        {
            _unsent.Enqueue((to, message));
        }
    }
}
