using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>
/// Opens an EncryptedPrivateKeyInfo (RFC 5958 §3). The base class library opens one only for a key type that is known
/// beforehand, and knows no EdDSA.
/// </summary>
internal static unsafe partial class EncryptedPkcs8
{
    /// <summary>The PrivateKeyInfo inside; null for a wrong passphrase and for what is not DER.</summary>
    internal static SecretBytes? TryOpen(ReadOnlySpan<byte> encrypted, ReadOnlySpan<byte> passphrase)
    {
        fixed (byte* from = encrypted, secret = passphrase)
        {
            byte* cursor = from;
            nint closed = ReadClosed(0, ref cursor, encrypted.Length);
            nint opened = closed == 0 ? 0 : Decrypt(closed, secret, passphrase.Length);
            SecretBytes? plain = opened == 0 ? null : Encoded(opened);
            FreeOpened(opened);
            FreeClosed(closed);
            LibCrypto.ClearErrors();
            return plain;
        }
    }

    private static SecretBytes? Encoded(nint privateKeyInfo)
    {
        int octets = Write(privateKeyInfo, null);
        if (octets <= 0)
        {
            return null;
        }

        SecretBytes plain = new(octets);
        fixed (byte* to = plain.Reveal())
        {
            byte* cursor = to;
            LibCrypto.Check(Write(privateKeyInfo, &cursor) == octets ? 1 : 0);
        }

        return plain;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "d2i_X509_SIG")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ReadClosed(nint into, ref byte* from, nint octets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "X509_SIG_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeClosed(nint closed);

    [LibraryImport(LibCrypto.Name, EntryPoint = "PKCS8_decrypt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Decrypt(nint closed, byte* passphrase, int octets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "i2d_PKCS8_PRIV_KEY_INFO")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Write(nint privateKeyInfo, byte** into);

    [LibraryImport(LibCrypto.Name, EntryPoint = "PKCS8_PRIV_KEY_INFO_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeOpened(nint privateKeyInfo);
}
