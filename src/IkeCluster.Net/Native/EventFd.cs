using System.Runtime.InteropServices;
using IkeCluster.Cluster.Ports;
using Microsoft.Win32.SafeHandles;

namespace IkeCluster.Net.Native;

/// <summary>Ends a loop's wait for datagrams: any thread rings, the loop's thread hears it in its poll.</summary>
public sealed unsafe class EventFd : ILoopWaker, IDisposable
{
    private readonly SafeFileHandle _handle;
    private int _isRung;

    public EventFd()
    {
        int descriptor = LibC.EventFd(0, LibC.EventFdFlags);
        if (descriptor < 0)
        {
            throw new IOException($"eventfd: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    internal int Descriptor => (int)_handle.DangerousGetHandle();

    /// <summary>Rings once, however often it is called before the loop has heard it.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isRung, 1) != 0)
        {
            return;
        }

        try
        {
            ulong one = 1;
            LibC.Write(_handle, &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // The loop has ended; a commit or a sum that it asked for ends after it, and nobody waits for its answer.
        }
    }

    public void Dispose()
    {
        Interlocked.Exchange(ref _isRung, 1);
        _handle.Dispose();
    }

    /// <summary>
    /// Called by the loop when its poll has told it, before it looks into its mailbox: who posts later rings again.
    /// </summary>
    internal void Hear()
    {
        ulong count;
        LibC.Read(_handle, &count, sizeof(ulong));

        // A full fence: the mailbox must not be read before others see that the bell is silent.
        Interlocked.Exchange(ref _isRung, 0);
    }
}
