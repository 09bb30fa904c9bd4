using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>
/// A key of Ed25519 or Ed448 (EVP_PKEY), private or public, which the base class library has not. libcrypto wipes it
/// when it is freed.
/// </summary>
internal sealed unsafe partial class EdwardsKey : SafeHandle
{
    /// <summary>libcrypto's numbers of the two curves (NID_ED25519, NID_ED448).</summary>
    internal const int Ed25519 = 1087;
    internal const int Ed448 = 1088;

    public EdwardsKey()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Null when libcrypto refuses the octets, which for these curves means a wrong length.</summary>
    internal static EdwardsKey? FromPrivate(int curve, ReadOnlySpan<byte> value)
    {
        fixed (byte* octets = value)
        {
            return Taken(NewPrivate(curve, 0, octets, (nuint)value.Length));
        }
    }

    internal static EdwardsKey? FromPublic(int curve, ReadOnlySpan<byte> value)
    {
        fixed (byte* octets = value)
        {
            return Taken(NewPublic(curve, 0, octets, (nuint)value.Length));
        }
    }

    internal void WritePublic(Span<byte> value)
    {
        nuint octetCount = (nuint)value.Length;
        fixed (byte* octets = value)
        {
            LibCrypto.Check(GetPublic(this, octets, ref octetCount));
        }
    }

    internal void Sign(ReadOnlySpan<byte> message, Span<byte> signature)
    {
        using EvpDigestContext context = EvpDigestContext.New();
        nuint octetCount = (nuint)signature.Length;
        LibCrypto.Check(SignInit(context, 0, 0, 0, this));
        fixed (byte* from = message, to = signature)
        {
            LibCrypto.Check(Sign(context, to, ref octetCount, from, (nuint)message.Length));
        }
    }

    internal bool Verify(ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        using EvpDigestContext context = EvpDigestContext.New();
        LibCrypto.Check(VerifyInit(context, 0, 0, 0, this));
        fixed (byte* from = message, by = signature)
        {
            bool holds = Verify(context, by, (nuint)signature.Length, from, (nuint)message.Length) == 1;
            LibCrypto.ClearErrors();
            return holds;
        }
    }

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    private static EdwardsKey? Taken(EdwardsKey key)
    {
        if (!key.IsInvalid)
        {
            return key;
        }

        key.Dispose();
        LibCrypto.ClearErrors();
        return null;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EdwardsKey NewPrivate(int type, nint engine, byte* value, nuint octets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_new_raw_public_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EdwardsKey NewPublic(int type, nint engine, byte* value, nuint octets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetPublic(EdwardsKey key, byte* value, ref nuint octets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint key);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_DigestSignInit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SignInit(
        EvpDigestContext context, nint keyContext, nint digest, nint engine, EdwardsKey key);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_DigestSign")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Sign(
        EvpDigestContext context, byte* signature, ref nuint signatureOctets, byte* message, nuint messageOctets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_DigestVerifyInit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int VerifyInit(
        EvpDigestContext context, nint keyContext, nint digest, nint engine, EdwardsKey key);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_DigestVerify")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Verify(
        EvpDigestContext context, byte* signature, nuint signatureOctets, byte* message, nuint messageOctets);
}
