using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>An odd modulus made ready for powers (BN_MONT_CTX): constant once made, so all threads share one.</summary>
internal sealed partial class MontgomeryModulus : SafeHandle
{
    private BigNumber? _modulus;

    public MontgomeryModulus()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Takes over the modulus.</summary>
    internal static MontgomeryModulus From(BigNumber modulus)
    {
        using BigNumberContext scratch = BigNumberContext.Create();
        MontgomeryModulus montgomery = LibCrypto.Check(New());
        montgomery._modulus = modulus;
        LibCrypto.Check(Set(montgomery, modulus, scratch));
        return montgomery;
    }

    /// <summary>Big endian, zeroes in front, in a time that does not depend on the exponent.</summary>
    internal void WritePower(BigNumber number, BigNumber exponent, Span<byte> power)
    {
        using BigNumberContext scratch = BigNumberContext.Create();
        using BigNumber result = BigNumber.Create();
        LibCrypto.Check(Power(result, number, exponent, _modulus!, scratch, this));
        result.Write(power);
    }

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _modulus?.Dispose();
        }

        base.Dispose(disposing);
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_MONT_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial MontgomeryModulus New();

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_MONT_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint montgomery);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_MONT_CTX_set")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Set(MontgomeryModulus montgomery, BigNumber modulus, BigNumberContext scratch);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_mod_exp_mont_consttime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Power(
        BigNumber result,
        BigNumber number,
        BigNumber exponent,
        BigNumber modulus,
        BigNumberContext scratch,
        MontgomeryModulus montgomery);
}
