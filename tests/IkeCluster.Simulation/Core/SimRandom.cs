namespace IkeCluster.Simulation.Core;

/// <summary>SplitMix64: the same seed, the same chance, on every machine.</summary>
internal sealed class SimRandom(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    public int Below(int limit) => (int)(Next() % (ulong)limit);

    /// <summary>True once in 1 / <paramref name="probability"/>.</summary>
    public bool Chance(double probability) => (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    public TimeSpan UpTo(TimeSpan longest) => TimeSpan.FromMicroseconds((long)(Next() % (ulong)((long)longest.TotalMicroseconds + 1)));

    public TimeSpan Between(TimeSpan shortest, TimeSpan longest) => shortest + UpTo(longest - shortest);

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Chance of its own for a part of the world, so that one part's draws do not shift another's.</summary>
    public SimRandom Fork() => new(Next());
}
