using System.Runtime.InteropServices;

namespace IkeCluster.Node.Native;

/// <summary>What keeps keys inside the process: no core dump, no debugger of another process, no file for other users.</summary>
internal static partial class ProcessGuards
{
    private const int SetDumpable = 4;
    private const int LimitCore = 4;
    private const uint OwnerOnly = 0x3F; // octal 077: the bits that no file gets

    /// <summary>With <paramref name="debug"/> only files are guarded (CONTRACT.md, guarantee 5).</summary>
    public static void Apply(bool debug)
    {
        _ = SetUmask(OwnerOnly);
        if (debug)
        {
            return;
        }

        var none = new ResourceLimit();
        if (SetLimit(LimitCore, in none) != 0 || SetProcess(SetDumpable, 0, 0, 0, 0) != 0)
        {
            throw new NodeFaultException("core dumps cannot be switched off on this system; --debug starts with them");
        }
    }

    [LibraryImport("libc", EntryPoint = "umask")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint SetUmask(uint mask);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetProcess(int option, nuint second, nuint third, nuint fourth, nuint fifth);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLimit(int resource, in ResourceLimit limit);

    /// <summary>struct rlimit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ResourceLimit
    {
        public readonly ulong Soft;
        public readonly ulong Hard;
    }
}
