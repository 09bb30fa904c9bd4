using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>One operation of a key (EVP_PKEY_CTX).</summary>
internal sealed partial class EvpKeyContext : SafeHandle
{
    public EvpKeyContext()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint context);
}
