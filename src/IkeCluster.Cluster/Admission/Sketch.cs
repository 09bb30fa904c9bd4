namespace IkeCluster.Cluster.Admission;

/// <summary>
/// Numbers of very many sources in a memory of fixed size: each source has one cell in each of two rows, shared with
/// whoever hashes there too, and its number is the lesser of the two. So it never reads too low, and too high only
/// where both cells are shared with busier ones. Thread-safe, and never waits.
/// </summary>
internal sealed class Sketch
{
    private const int CellsPerRow = 1 << 14;
    private const int SecondRowBits = 32;

    private readonly long[] _first = new long[CellsPerRow];
    private readonly long[] _second = new long[CellsPerRow];

    public long Read(ulong hash) => Math.Min(Volatile.Read(ref First(hash)), Volatile.Read(ref Second(hash)));

    public void Add(ulong hash, long amount)
    {
        Interlocked.Add(ref First(hash), amount);
        Interlocked.Add(ref Second(hash), amount);
    }

    /// <summary>Lifts the number to <paramref name="floor"/> where it is below, then adds.</summary>
    public void RaiseAndAdd(ulong hash, long floor, long amount)
    {
        RaiseAndAdd(ref First(hash), floor, amount);
        RaiseAndAdd(ref Second(hash), floor, amount);
    }

    private static void RaiseAndAdd(ref long cell, long floor, long amount)
    {
        long seen = Volatile.Read(ref cell);
        long before;
        do
        {
            before = seen;
            seen = Interlocked.CompareExchange(ref cell, Math.Max(before, floor) + amount, before);
        }
        while (seen != before);
    }

    private ref long First(ulong hash) => ref _first[hash % CellsPerRow];

    private ref long Second(ulong hash) => ref _second[(hash >> SecondRowBits) % CellsPerRow];
}
