using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>Opens a socket of this process inside a namespace; where it was opened is where it stays.</summary>
internal static class NamespaceSocket
{
    private const int CloneNewNet = 0x4000_0000;

    public static Socket OpenUdp(NetworkNamespace network, IPEndPoint local)
    {
        Socket? socket = null;
        Exception? fault = null;

        // A thread's namespace changes with it alone, so that thread is one that ends here.
        var thread = new Thread(() =>
        {
            try
            {
                Enter(network);
                socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(local);
            }
            catch (Exception thrown)
            {
                fault = thrown;
            }
        });
        thread.Start();
        thread.Join();
        return fault is null ? socket! : throw new InvalidOperationException($"no socket in {network.Name}", fault);
    }

    private static void Enter(NetworkNamespace network)
    {
        using SafeFileHandle handle = File.OpenHandle($"/run/netns/{network.Name}");
        if (SetNamespace(handle, CloneNewNet) != 0)
        {
            throw new InvalidOperationException($"setns: errno {Marshal.GetLastPInvokeError()}");
        }
    }

    [DllImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetNamespace(SafeFileHandle handle, int kind);
}
