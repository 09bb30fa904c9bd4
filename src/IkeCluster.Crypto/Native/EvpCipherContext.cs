using System.Runtime.InteropServices;

namespace IkeCluster.Crypto.Native;

/// <summary>
/// A keyed cipher in one direction (EVP_CIPHER_CTX), kept from message to message: a new key schedule costs more
/// than a small message. libcrypto wipes it when it is freed.
/// </summary>
internal sealed unsafe partial class EvpCipherContext : SafeHandle
{
    private const int SetIvLength = 0x9;
    private const int GetTag = 0x10;
    private const int SetTag = 0x11;

    public EvpCipherContext()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>
    /// <paramref name="nonceOctets"/> and <paramref name="tagOctets"/> are 0 where the cipher's own values are meant:
    /// only CCM must know its tag length before the key.
    /// </summary>
    internal static EvpCipherContext Create(
        EvpCipher cipher, ReadOnlySpan<byte> key, bool encrypts, int nonceOctets = 0, int tagOctets = 0)
    {
        EvpCipherContext context = LibCrypto.Check(New());
        LibCrypto.Check(Init(context, cipher, null, null, encrypts ? 1 : 0, null));
        if (nonceOctets != 0)
        {
            LibCrypto.Check(Control(context, SetIvLength, nonceOctets, null));
        }

        if (tagOctets != 0)
        {
            LibCrypto.Check(Control(context, SetTag, tagOctets, null));
        }

        fixed (byte* keyOctets = key)
        {
            LibCrypto.Check(Reinit(context, 0, keyOctets, null, encrypts ? 1 : 0, null));
        }

        // Padding is the protocol's (RFC 7296 §3.14), not PKCS #7's.
        LibCrypto.Check(SetPadding(context, 0));
        return context;
    }

    /// <summary>The next message: same key, same direction, another IV.</summary>
    internal void Begin(ReadOnlySpan<byte> iv)
    {
        fixed (byte* ivOctets = iv)
        {
            LibCrypto.Check(Reinit(this, 0, null, ivOctets, -1, null));
        }
    }

    /// <summary>CCM puts the length of the text into its first block.</summary>
    internal void AnnounceLength(int octets) => LibCrypto.Check(Update(this, null, out _, null, octets));

    internal void Associate(ReadOnlySpan<byte> data)
    {
        if (!data.IsEmpty)
        {
            fixed (byte* octets = data)
            {
                LibCrypto.Check(Update(this, null, out _, octets, data.Length));
            }
        }
    }

    /// <summary>In place. False: CCM has compared the tag and found it wrong.</summary>
    internal bool TryTransform(Span<byte> text)
    {
        // Never a null pointer, even for an empty text: that would mean another operation.
        byte none = 0;
        fixed (byte* octets = text)
        {
            byte* start = octets is null ? &none : octets;
            return Update(this, start, out int written, start, text.Length) == 1 && written == text.Length;
        }
    }

    internal void Transform(ReadOnlySpan<byte> from, Span<byte> to)
    {
        OctetCount.MustNotExceed(to.Length, from.Length);
        fixed (byte* input = from, output = to)
        {
            LibCrypto.Check(Update(this, output, out _, input, from.Length));
        }
    }

    /// <summary>False: the expected tag is not the tag.</summary>
    internal bool TryFinish()
    {
        byte* nothing = stackalloc byte[16];
        return Final(this, nothing, out _) == 1;
    }

    internal void ReadTag(Span<byte> tag)
    {
        fixed (byte* octets = tag)
        {
            LibCrypto.Check(Control(this, GetTag, tag.Length, octets));
        }
    }

    internal void ExpectTag(ReadOnlySpan<byte> tag)
    {
        fixed (byte* octets = tag)
        {
            LibCrypto.Check(Control(this, SetTag, tag.Length, octets));
        }
    }

    protected override bool ReleaseHandle()
    {
        Free(handle);
        return true;
    }

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_CIPHER_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial EvpCipherContext New();

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_CIPHER_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Free(nint context);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_CIPHER_CTX_set_padding")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetPadding(EvpCipherContext context, int pad);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_CIPHER_CTX_ctrl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(EvpCipherContext context, int type, int argument, void* pointer);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_CipherInit_ex2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Init(
        EvpCipherContext context, EvpCipher cipher, byte* key, byte* iv, int encrypt, void* parameters);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_CipherInit_ex2")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Reinit(
        EvpCipherContext context, nint sameCipher, byte* key, byte* iv, int encrypt, void* parameters);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_CipherUpdate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Update(
        EvpCipherContext context, byte* output, out int outputOctets, byte* input, int inputOctets);

    [LibraryImport(LibCrypto.Name, EntryPoint = "EVP_CipherFinal_ex")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Final(EvpCipherContext context, byte* output, out int outputOctets);
}
