using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace IkeCluster.Crypto.Native;

/// <summary>
/// A prime curve of cofactor 1 (EC_GROUP): constant after it was made, so all threads share one. A product with one
/// scalar takes libcrypto's constant-time ladder, or the curve's own constant-time code.
/// </summary>
internal sealed unsafe partial class EcGroup : SafeHandle
{
    private const int Uncompressed = 4;
    private const int CoordinateOctetsMax = 66;

    public EcGroup()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>By libcrypto's number (NID) of the curve.</summary>
    internal static EcGroup Named(int curve) => LibCrypto.Check(NewByCurveName(curve));

    /// <summary>A private scalar, 1 .. order-1, that depends on all of the seed.</summary>
    internal BigNumber ScalarFrom(ReadOnlySpan<byte> seed)
    {
        using BigNumberContext scratch = BigNumberContext.Create();
        using BigNumber order = BigNumber.Create();
        LibCrypto.Check(GetOrder(this, order, scratch));
        return BigNumber.FromSeedBelow(seed, order);
    }

    /// <summary>x | y of scalar times the generator.</summary>
    internal void MultiplyGenerator(BigNumber scalar, Span<byte> xy)
    {
        using BigNumberContext scratch = BigNumberContext.Create();
        using EcPoint product = LibCrypto.Check(NewPoint(this));
        LibCrypto.Check(Multiply(this, product, scalar, 0, 0, scratch));
        LibCrypto.Check(TryWrite(product, xy, scratch) ? 1 : 0);
    }

    /// <summary>x of scalar times the peer's point. False: no point of the curve, or the product is infinity.</summary>
    internal bool TryMultiply(BigNumber scalar, ReadOnlySpan<byte> peerXy, Span<byte> x)
    {
        using BigNumberContext scratch = BigNumberContext.Create();
        using EcPoint peer = LibCrypto.Check(NewPoint(this));
        if (!TryRead(peerXy, peer, scratch))
        {
            return false;
        }

        using EcPoint product = LibCrypto.Check(NewPoint(this));
        LibCrypto.Check(Multiply(this, product, 0, peer, scalar, scratch));
        Span<byte> xy = stackalloc byte[2 * CoordinateOctetsMax];
        xy = xy[..(2 * x.Length)];
        bool isFinite = TryWrite(product, xy, scratch);
        xy[..x.Length].CopyTo(x);
        CryptographicOperations.ZeroMemory(xy);
        return isFinite;
    }

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    /// <summary>libcrypto checks the coordinates against the prime, and the point against the curve.</summary>
    private bool TryRead(ReadOnlySpan<byte> xy, EcPoint into, BigNumberContext scratch)
    {
        byte* encoded = stackalloc byte[1 + (2 * CoordinateOctetsMax)];
        encoded[0] = Uncompressed;
        xy.CopyTo(new Span<byte>(encoded + 1, 2 * CoordinateOctetsMax));
        return ToPoint(this, into, encoded, (nuint)(1 + xy.Length), scratch) == 1;
    }

    private bool TryWrite(EcPoint point, Span<byte> xy, BigNumberContext scratch)
    {
        byte* encoded = stackalloc byte[1 + (2 * CoordinateOctetsMax)];
        var octets = new Span<byte>(encoded, 1 + xy.Length);
        nuint written = FromPoint(this, point, Uncompressed, encoded, (nuint)octets.Length, scratch);
        octets[1..].CopyTo(xy);
        CryptographicOperations.ZeroMemory(octets);
        return written == (nuint)octets.Length;    // infinity is one octet
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EC_GROUP_new_by_curve_name")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EcGroup NewByCurveName(int curve);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EC_GROUP_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint group);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EC_GROUP_get_order")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetOrder(EcGroup group, BigNumber order, BigNumberContext scratch);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EC_POINT_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EcPoint NewPoint(EcGroup group);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EC_POINT_mul")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Multiply(
        EcGroup group, EcPoint product, BigNumber scalar, nint noPoint, nint noScalar, BigNumberContext scratch);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EC_POINT_mul")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Multiply(
        EcGroup group, EcPoint product, nint noScalar, EcPoint point, BigNumber scalar, BigNumberContext scratch);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EC_POINT_oct2point")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ToPoint(
        EcGroup group, EcPoint point, byte* encoded, nuint octets, BigNumberContext scratch);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EC_POINT_point2oct")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint FromPoint(
        EcGroup group, EcPoint point, int form, byte* encoded, nuint octets, BigNumberContext scratch);
}
