using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>Scratch numbers of one calculation (BN_CTX), wiped when it is freed.</summary>
internal sealed partial class BigNumberContext : SafeHandle
{
    public BigNumberContext()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    internal static BigNumberContext Create() => LibCrypto.Check(New());

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumberContext New();

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint context);
}
