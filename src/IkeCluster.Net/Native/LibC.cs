using System.Runtime.InteropServices;

namespace IkeCluster.Net.Native;

/// <summary>The calls that the base class library does not make, and the numbers they take on 64-bit Linux.</summary>
internal static unsafe partial class LibC
{
    public const int Again = 11;
    public const int Interrupted = 4;

    public const short PollIn = 1;

    /// <summary>MSG_DONTWAIT: the socket itself stays as it is.</summary>
    public const int DontWait = 0x40;

    /// <summary>MSG_TRUNC: the datagram was longer than its slot.</summary>
    public const int Truncated = 0x20;

    public const int EventFdFlags = 0x80000 | 0x800;   // EFD_CLOEXEC, EFD_NONBLOCK

    private const string Name = "libc";

    [LibraryImport(Name, EntryPoint = "recvmmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int RecvMmsg(SafeHandle socket, MmsgHeader* messages, uint count, int flags, nint timeout);

    [LibraryImport(Name, EntryPoint = "sendmmsg", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int SendMmsg(SafeHandle socket, MmsgHeader* messages, uint count, int flags);

    [LibraryImport(Name, EntryPoint = "ppoll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int PPoll(PollFd* descriptors, ulong count, TimeSpec* timeout, nint signals);

    [LibraryImport(Name, EntryPoint = "eventfd", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport(Name, EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint Read(SafeHandle descriptor, ulong* into, nuint octets);

    [LibraryImport(Name, EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint Write(SafeHandle descriptor, ulong* from, nuint octets);
}

/// <summary>struct iovec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoVector
{
    public nint Base;
    public nuint Octets;
}

/// <summary>struct msghdr.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MsgHeader
{
    public nint Name;
    public uint NameOctets;
    public nint Vectors;
    public nuint VectorCount;
    public nint Control;
    public nuint ControlOctets;
    public int Flags;
}

/// <summary>struct mmsghdr: a message, and how many octets went.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MmsgHeader
{
    public MsgHeader Message;
    public uint Octets;
}

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollFd
{
    public int Descriptor;
    public short Wanted;
    public short Happened;
}

/// <summary>struct timespec.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    public long Seconds;
    public long Nanoseconds;
}
