namespace IkeCluster.Node.Health;

/// <summary>
/// Ends a node in order: new logins are turned away or sent elsewhere, half-open ones may finish, commits get their outcome.
/// A node that holds its shards alone has nobody to hand them to, so nothing is relayed.
/// </summary>
internal static class Drain
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>Returns when nothing is under way any more, or when the time is over.</summary>
    public static async Task WaitAsync(LoopSet loops, TimeSpan atMost)
    {
        loops.Drain();
        using var timer = new PeriodicTimer(LookEvery);
        long deadline = Environment.TickCount64 + (long)atMost.TotalMilliseconds;
        while (IsUnderWay(loops) && Environment.TickCount64 < deadline)
        {
            await timer.WaitForNextTickAsync();
        }
    }

    // Clients that were told where to go delete their SAs once they are there.
    private static bool IsUnderWay(LoopSet loops) =>
        loops.HalfOpen > 0 || loops.CommitsWaiting > 0 || (loops.SendsElsewhere && loops.Established > 0);
}
