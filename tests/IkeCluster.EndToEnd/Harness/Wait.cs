using System.Diagnostics;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>Waits for a condition with a deadline; never for a fixed time.</summary>
internal static class Wait
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    /// <summary>Asks until the answer is not null; at the deadline fails with what was waited for and the evidence.</summary>
    public static async Task<T> ForAsync<T>(
        string what, Func<Task<T?>> ask, Func<string>? evidence = null, TimeSpan? patience = null)
        where T : class
    {
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }

            if (Stopwatch.GetElapsedTime(started) > (patience ?? Patience))
            {
                Assert.Fail($"waited in vain for {what}\n{evidence?.Invoke()}");
            }

            await Task.Delay(PollInterval);
        }
    }

    public static Task UntilAsync(
        string what, Func<bool> holds, Func<string>? evidence = null, TimeSpan? patience = null) =>
        ForAsync(what, () => Task.FromResult(holds() ? "yes" : null), evidence, patience);

    public static Task UntilAsync(
        string what, Func<Task<bool>> holds, Func<string>? evidence = null, TimeSpan? patience = null) =>
        ForAsync(what, async () => await holds() ? "yes" : null, evidence, patience);
}
