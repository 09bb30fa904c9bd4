using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>A keyed MAC (EVP_MAC_CTX), used for message after message. libcrypto wipes it when it is freed.</summary>
internal sealed unsafe partial class EvpMacContext : SafeHandle
{
    private const uint Utf8StringParameter = 4;

    public EvpMacContext()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>CMAC over the named CBC cipher.</summary>
    internal static EvpMacContext CreateCmac(EvpMac cmac, ReadOnlySpan<byte> cipherName, ReadOnlySpan<byte> key)
    {
        EvpMacContext context = LibCrypto.Check(New(cmac));
        fixed (byte* parameterName = "cipher\0"u8, cipher = cipherName, keyOctets = key)
        {
            Parameter* parameters = stackalloc Parameter[2];
            parameters[0] = new Parameter
            {
                Key = parameterName,
                Type = Utf8StringParameter,
                Data = cipher,
                DataOctets = (nuint)cipherName.Length,
            };
            parameters[1] = default;
            LibCrypto.Check(Init(context, keyOctets, (nuint)key.Length, parameters));
        }

        return context;
    }

    internal void Append(ReadOnlySpan<byte> data)
    {
        fixed (byte* octets = data)
        {
            LibCrypto.Check(Update(this, octets, (nuint)data.Length));
        }
    }

    /// <summary>The full MAC; after it the context waits for the next message under the same key.</summary>
    internal void Finish(Span<byte> mac)
    {
        fixed (byte* octets = mac)
        {
            LibCrypto.Check(Final(this, octets, out _, (nuint)mac.Length));
        }

        LibCrypto.Check(Init(this, null, 0, null));
    }

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_MAC_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpMacContext New(EvpMac mac);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_MAC_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint context);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_MAC_init")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Init(EvpMacContext context, byte* key, nuint keyOctets, Parameter* parameters);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_MAC_update")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Update(EvpMacContext context, byte* data, nuint octets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_MAC_final")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Final(EvpMacContext context, byte* mac, out nuint written, nuint octets);

    /// <summary>OSSL_PARAM.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Parameter
    {
        public byte* Key;
        public uint Type;
        public void* Data;
        public nuint DataOctets;
        public nuint ReturnedOctets;
    }
}
