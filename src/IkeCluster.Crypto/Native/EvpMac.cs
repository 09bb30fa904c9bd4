using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>One of libcrypto's MACs (EVP_MAC), looked up once for the life of the process.</summary>
internal sealed partial class EvpMac : SafeHandle
{
    public EvpMac()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>By libcrypto's name, such as CMAC.</summary>
    internal static EvpMac Fetch(string name) => LibCrypto.Check(Fetch(0, name, 0));

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_MAC_fetch", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpMac Fetch(nint library, string algorithm, nint properties);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_MAC_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint mac);
}
