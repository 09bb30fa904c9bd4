using System.Diagnostics.CodeAnalysis;
using IkeCluster.Cluster.Actors;

namespace IkeCluster.Cluster.Region;

/// <summary>
/// The half-open SAs of one loop by the IKE_SA_INIT that made them. A repeat finds the SA that has its answer ready; a
/// copy with a cookie in front is another message, and makes its own SA (TRAPS 2).
/// </summary>
internal sealed class HalfOpenIndex
{
    private readonly Dictionary<InitKey, SaActor> _actors = [];
    private int _count;

    /// <summary>Readable from any thread.</summary>
    public int Count => Volatile.Read(ref _count);

    public bool TryFind(InitKey key, [NotNullWhen(true)] out SaActor? actor) => _actors.TryGetValue(key, out actor);

    public void Add(InitKey key, SaActor actor)
    {
        _actors.Add(key, actor);
        Volatile.Write(ref _count, _actors.Count);
    }

    public void Remove(InitKey key)
    {
        _actors.Remove(key);
        Volatile.Write(ref _count, _actors.Count);
    }
}
