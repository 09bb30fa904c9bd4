using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>One operation of signing or verifying (EVP_MD_CTX).</summary>
internal sealed partial class EvpDigestContext : SafeHandle
{
    public EvpDigestContext()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    internal static EvpDigestContext New() => LibCrypto.Check(NewContext());

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_MD_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpDigestContext NewContext();

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_MD_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint context);
}
