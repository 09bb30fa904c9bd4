using System.Runtime.InteropServices;

namespace IkeCluster.Net.Native;

/// <summary>Waits for several descriptors to become readable. The descriptors' owners outlive it.</summary>
internal sealed unsafe class PollSet
{
    private readonly PollFd[] _descriptors;

    public PollSet(IEnumerable<int> descriptors) =>
        _descriptors = [.. descriptors.Select(open => new PollFd { Descriptor = open, Wanted = LibC.PollIn })];

    /// <summary>Any event counts: an error is read from the socket, and so goes away.</summary>
    public bool HasHappened(int index) => _descriptors[index].Happened != 0;

    /// <summary>True when a descriptor is readable; false when the time is over or a signal came.</summary>
    public bool Wait(TimeSpan timeout)
    {
        (long seconds, long ticks) = Math.DivRem(Math.Max(0, timeout.Ticks), TimeSpan.TicksPerSecond);
        var limit = new TimeSpec { Seconds = seconds, Nanoseconds = ticks * TimeSpan.NanosecondsPerTick };
        int ready;
        fixed (PollFd* first = _descriptors)
        {
            ready = LibC.PPoll(first, (ulong)_descriptors.Length, &limit, 0);
        }

        if (ready < 0)
        {
            // The events of the call before would be read again.
            ForgetEvents();
            int error = Marshal.GetLastPInvokeError();
            if (error != LibC.Interrupted)
            {
                throw new IOException($"ppoll: {Marshal.GetPInvokeErrorMessage(error)}");
            }
        }

        return ready > 0;
    }

    private void ForgetEvents()
    {
        foreach (ref PollFd descriptor in _descriptors.AsSpan())
        {
            descriptor.Happened = 0;
        }
    }
}
