using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>A point of a curve (EC_POINT), wiped when it is freed.</summary>
internal sealed partial class EcPoint : SafeHandle
{
    public EcPoint()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EC_POINT_clear_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint point);
}
