using System.Runtime.InteropServices;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node;

/// <summary>
/// The node's clock: the wall clock as it was at start, moved on by CLOCK_BOOTTIME, which no one can set, never goes
/// back and goes on while the machine sleeps. Thread-safe.
/// </summary>
internal sealed partial class NodeClock
{
    private const int ClockBootTime = 7;
    private const long NanosecondsPerMicrosecond = 1000;

    private readonly Instant _startedAt = Instant.FromUtc(DateTime.UtcNow);
    private readonly long _bootMicrosecondsAtStart = BootMicroseconds();

    public Instant Now => new(_startedAt.Microseconds + (BootMicroseconds() - _bootMicrosecondsAtStart));

    private static unsafe long BootMicroseconds()
    {
        TimeSpec time;
        if (GetTime(ClockBootTime, &time) != 0)
        {
            throw new InvalidOperationException("this kernel has no CLOCK_BOOTTIME");
        }

        return (time.Seconds * TimeSpan.MicrosecondsPerSecond) + (time.Nanoseconds / NanosecondsPerMicrosecond);
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [SuppressGCTransition]
    private static unsafe partial int GetTime(int clock, TimeSpec* time);

    /// <summary>struct timespec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
