namespace IkeCluster.Tests;

/// <summary>Counts what some work puts on the heap.</summary>
internal static class HeapUse
{
    private const int RoundsMax = 10;

    /// <summary>
    /// Octets that the work allocates on this thread: the least of several rounds. A collection that another test brings on
    /// in the middle of a round closes this thread's allocation area, and its unused rest is counted as allocated.
    /// </summary>
    public static long Of(Action work)
    {
        long least = long.MaxValue;
        for (int round = 0; round < RoundsMax && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
