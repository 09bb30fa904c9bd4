using System.Runtime.InteropServices;

namespace IkeCluster.Fuzz.Campaigns;

/// <summary>Time that this thread had a processor: the clock on the wall counts the neighbours too.</summary>
internal static partial class CpuClock
{
    private const int ThreadCpuTime = 3;    // CLOCK_THREAD_CPUTIME_ID

    public static TimeSpan Thread() => GetTime(ThreadCpuTime, out Time time) == 0
        ? TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanoseconds / 1000)
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
