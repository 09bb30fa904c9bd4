using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>One of libcrypto's ciphers (EVP_CIPHER), looked up once for the life of the process.</summary>
internal sealed partial class EvpCipher : SafeHandle
{
    public EvpCipher()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>By libcrypto's name, such as AES-256-GCM.</summary>
    internal static EvpCipher Fetch(string name) => LibCrypto.Check(Fetch(0, name, 0));

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_CIPHER_fetch", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpCipher Fetch(nint library, string algorithm, nint properties);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_CIPHER_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint cipher);
}
