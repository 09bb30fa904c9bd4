using System.Runtime.InteropServices;
using Perfolizer.Horology;

namespace IkeCluster.Benchmarks;

/// <summary>
/// Time that this thread had a processor, for sums on a machine that has other work: the clock on the wall counts the
/// neighbours too. Of no use where a benchmark waits.
/// </summary>
internal sealed partial class ThreadCpuClock : IClock
{
    internal const string Switch = "--cpu-time";

    private const int ThreadCpuTime = 3;    // CLOCK_THREAD_CPUTIME_ID

    public string Title => "thread CPU time";

    public bool IsAvailable => OperatingSystem.IsLinux();

    public Frequency Frequency => Frequency.FromGHz(1);

    public long GetTimestamp() => GetTime(ThreadCpuTime, out Time time) == 0
        ? (time.Seconds * 1_000_000_000) + time.Nanoseconds
        : throw new InvalidOperationException("no clock of the thread's CPU time");

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out Time time);

    [StructLayout(LayoutKind.Sequential)]
    private struct Time
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
