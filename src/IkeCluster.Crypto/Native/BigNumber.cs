using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>A non-negative number (BIGNUM), wiped when it is freed.</summary>
internal sealed unsafe partial class BigNumber : SafeHandle
{
    private const int ConstantTime = 0x04;

    public BigNumber()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    internal static BigNumber FromBytes(ReadOnlySpan<byte> bigEndian)
    {
        fixed (byte* octets = bigEndian)
        {
            return LibCrypto.Check(FromBinary(octets, bigEndian.Length, 0));
        }
    }

    /// <summary>A number whose arithmetic must not tell it by its timing.</summary>
    internal static BigNumber FromSecret(ReadOnlySpan<byte> bigEndian)
    {
        BigNumber number = FromBytes(bigEndian);
        SetFlags(number, ConstantTime);
        return number;
    }

    internal static BigNumber Create() => LibCrypto.Check(New());

    /// <summary>A value in 1 .. <paramref name="limit"/>-1: the seed modulo limit-1, and one.</summary>
    internal static BigNumber FromSeedBelow(ReadOnlySpan<byte> seed, BigNumber limit)
    {
        using BigNumberContext scratch = BigNumberContext.Create();
        using BigNumber wide = FromSecret(seed);
        using BigNumber modulus = LibCrypto.Check(Duplicate(limit));
        LibCrypto.Check(SubtractWord(modulus, 1));
        BigNumber number = Create();
        SetFlags(number, ConstantTime);
        LibCrypto.Check(Modulo(number, wide, modulus, scratch));
        LibCrypto.Check(AddWord(number, 1));
        return number;
    }

    internal BigNumber MinusOne()
    {
        BigNumber less = LibCrypto.Check(Duplicate(this));
        LibCrypto.Check(SubtractWord(less, 1));
        return less;
    }

    /// <summary>Negative, zero or positive, for public values only.</summary>
    internal int CompareTo(BigNumber other) => Compare(this, other);

    internal bool IsOneOrLess => CountBits(this) <= 1;

    /// <summary>Big endian, zeroes in front, in a time that depends on the room only.</summary>
    internal void Write(Span<byte> bigEndian)
    {
        fixed (byte* octets = bigEndian)
        {
            LibCrypto.Check(ToBinary(this, octets, bigEndian.Length) == bigEndian.Length ? 1 : 0);
        }
    }

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumber New();

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_dup")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumber Duplicate(BigNumber number);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_clear_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint number);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_bin2bn")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial BigNumber FromBinary(byte* bigEndian, int octets, nint into);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_bn2binpad")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ToBinary(BigNumber number, byte* bigEndian, int octets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_set_flags")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetFlags(BigNumber number, int flags);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_num_bits")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CountBits(BigNumber number);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_cmp")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Compare(BigNumber left, BigNumber right);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_add_word")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int AddWord(BigNumber number, nuint word);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_sub_word")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SubtractWord(BigNumber number, nuint word);

    [LibraryImport(LibCrypto.Name, EntryPoint = "BN_nnmod")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Modulo(BigNumber result, BigNumber number, BigNumber modulus, BigNumberContext scratch);
}
