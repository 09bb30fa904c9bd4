namespace IkeCluster.Cluster.Actors;

/// <summary>
/// Messages of one loop to others, in order. One that finds a full mailbox waits here; there are few of them for each actor.
/// </summary>
internal sealed class OutTray
{
    private readonly Queue<(EventLoop To, LoopMessage Message)> _unsent = [];

    public bool HasUnsent => _unsent.Count > 0;

    public void Send(EventLoop to, LoopMessage message)
    {
        if (HasUnsent || !to.TryPost(message))
        {
            _unsent.Enqueue((to, message));
        }
    }

    public void Retry()
    {
        while (_unsent.TryPeek(out (EventLoop To, LoopMessage Message) first) && first.To.TryPost(first.Message))
        {
            _unsent.Dequeue();
        }
    }
}
