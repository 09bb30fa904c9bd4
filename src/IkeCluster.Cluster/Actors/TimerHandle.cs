namespace IkeCluster.Cluster.Actors;

/// <summary>Names one deadline in a <see cref="TimerWheel{TKey}"/>; the default names none, a spent one is harmless.</summary>
internal readonly record struct TimerHandle(int Index, uint Generation)
{
    public bool IsNone => Generation == 0;
}
