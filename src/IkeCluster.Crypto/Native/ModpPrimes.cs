using System.Runtime.InteropServices;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.Native;

/// <summary>The safe primes of RFC 7296 §B.2 and RFC 3526, as libcrypto has them.</summary>
internal static partial class ModpPrimes
{
    internal static BigNumber Of(KeyExchangeMethod method) => LibCrypto.Check(method switch
    {
        KeyExchangeMethod.Modp1024 => Prime1024(0),
        KeyExchangeMethod.Modp1536 => Prime1536(0),
        KeyExchangeMethod.Modp2048 => Prime2048(0),
        KeyExchangeMethod.Modp3072 => Prime3072(0),
        KeyExchangeMethod.Modp4096 => Prime4096(0),
        KeyExchangeMethod.Modp6144 => Prime6144(0),
        KeyExchangeMethod.Modp8192 => Prime8192(0),
        _ => throw new ArgumentOutOfRangeException(nameof(method), method, "not a MODP group"),
    });

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_get_rfc2409_prime_1024")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumber Prime1024(nint into);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_get_rfc3526_prime_1536")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumber Prime1536(nint into);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_get_rfc3526_prime_2048")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumber Prime2048(nint into);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_get_rfc3526_prime_3072")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumber Prime3072(nint into);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_get_rfc3526_prime_4096")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumber Prime4096(nint into);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_get_rfc3526_prime_6144")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumber Prime6144(nint into);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_get_rfc3526_prime_8192")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumber Prime8192(nint into);
}
