using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>A key of a Montgomery curve (EVP_PKEY), private or public. libcrypto wipes it when it is freed.</summary>
internal sealed unsafe partial class EvpKey : SafeHandle
{
    /// <summary>libcrypto's numbers of the two curves (NID_X25519, NID_X448).</summary>
    internal const int X25519 = 1034;
    internal const int X448 = 1035;

    public EvpKey()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    internal static EvpKey FromPrivate(int curve, ReadOnlySpan<byte> value)
    {
        fixed (byte* octets = value)
        {
            return LibCrypto.Check(NewPrivate(curve, 0, octets, (nuint)value.Length));
        }
    }

    internal static EvpKey FromPublic(int curve, ReadOnlySpan<byte> value)
    {
        fixed (byte* octets = value)
        {
            return LibCrypto.Check(NewPublic(curve, 0, octets, (nuint)value.Length));
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

    /// <summary>False: libcrypto found the shared secret to be all zero.</summary>
    internal bool TryDerive(EvpKey peer, Span<byte> secret)
    {
        nuint octetCount = (nuint)secret.Length;
        using EvpKeyContext context = LibCrypto.Check(NewContext(this, 0));
        LibCrypto.Check(DeriveInit(context));
        LibCrypto.Check(DeriveSetPeer(context, peer, validate: 0));
        fixed (byte* octets = secret)
        {
            return Derive(context, octets, ref octetCount) == 1 && octetCount == (nuint)secret.Length;
        }
    }

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_new_raw_private_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpKey NewPrivate(int type, nint engine, byte* value, nuint octets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_new_raw_public_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpKey NewPublic(int type, nint engine, byte* value, nuint octets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_get_raw_public_key")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetPublic(EvpKey key, byte* value, ref nuint octets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint key);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpKeyContext NewContext(EvpKey key, nint engine);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_derive_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DeriveInit(EvpKeyContext context);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_derive_set_peer_ex")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int DeriveSetPeer(EvpKeyContext context, EvpKey peer, int validate);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_PKEY_derive")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Derive(EvpKeyContext context, byte* secret, ref nuint octets);
}
