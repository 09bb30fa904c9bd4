using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace IkeCluster.Crypto.Native;

/// <summary>
/// OpenSSL's libcrypto, the one that .NET on Linux loads for its own cryptography. Each native object has its own
/// file here: a SafeHandle with the calls it needs. Every call that can only fail by our mistake or for lack of
/// memory is passed through <see cref="Check(int)"/>.
/// </summary>
internal static partial class LibCrypto
{
    /// <summary>With its version: libcrypto.so alone belongs to the development package.</summary>
    internal const string Name = "libcrypto.so.3";

    internal static void Check(int result)
    {
        if (result != 1)
        {
            Throw();
        }
    }

    internal static T Check<T>(T handle)
        where T : SafeHandle
    {
        if (handle.IsInvalid)
        {
            handle.Dispose();
            Throw();
        }

        return handle;
    }

    /// <summary>A refused peer value leaves an entry in this thread's error queue for others to find.</summary>
    [LibraryImport(Name, EntryPoint = "ERR_clear_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial void ClearErrors();

    [DoesNotReturn]
    private static void Throw()
    {
        ClearErrors();
        throw new CryptographicException("libcrypto refused a call that cannot fail with sound arguments");
    }
}
