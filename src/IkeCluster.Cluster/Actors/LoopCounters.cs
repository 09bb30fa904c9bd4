namespace IkeCluster.Cluster.Actors;

/// <summary>
/// What one loop has, in numbers. Written by the loop, readable from any thread; each number is right, their sums may be
/// a moment off.
/// </summary>
public sealed class LoopCounters
{
    private long _halfOpen;
    private long _established;
    private long _childSas;
    private long _inMemory;
    private long _commitsWaiting;
    private long _shardsToLoad;
    private bool _isStoreAway;

    public long HalfOpen
    {
        get => Volatile.Read(ref _halfOpen);
        internal set => Volatile.Write(ref _halfOpen, value);
    }

    /// <summary>IKE SAs that have a row, in memory or not; one that a rekey has replaced is not counted while it waits for its Delete.</summary>
    public long Established
    {
        get => Volatile.Read(ref _established);
        internal set => Volatile.Write(ref _established, value);
    }

    public long ChildSas
    {
        get => Volatile.Read(ref _childSas);
        internal set => Volatile.Write(ref _childSas, value);
    }

    /// <summary>Actors, half-open ones too.</summary>
    public long InMemory
    {
        get => Volatile.Read(ref _inMemory);
        internal set => Volatile.Write(ref _inMemory, value);
    }

    /// <summary>Steps whose commit has no outcome yet; zero before a node may end.</summary>
    public long CommitsWaiting
    {
        get => Volatile.Read(ref _commitsWaiting);
        internal set => Volatile.Write(ref _commitsWaiting, value);
    }

    /// <summary>The last commit did not come through: what must be written waits.</summary>
    public bool IsStoreAway
    {
        get => Volatile.Read(ref _isStoreAway);
        internal set => Volatile.Write(ref _isStoreAway, value);
    }

    /// <summary>Shards whose rows the background load has not brought back yet.</summary>
    public long ShardsToLoad
    {
        get => Volatile.Read(ref _shardsToLoad);
        internal set => Volatile.Write(ref _shardsToLoad, value);
    }
}
