using System.Runtime.InteropServices;

namespace IkeCluster.Benchmarks.Crypto;

/// <summary>
/// The way not taken for MODP: libcrypto's EVP interface. Its pairs come from its own generator, and its default check
/// of a peer's value is a second power with a full-length exponent.
/// </summary>
internal static partial class EvpModp
{
    private const string LibCrypto = "libcrypto.so.3";

    private static readonly Dictionary<string, nint> Peers = [];

    internal static int PairAndSecret(string group, bool validates)
    {
        if (!Peers.TryGetValue(group, out nint peer))
        {
            Peers[group] = peer = Generate(group);
        }

        nint own = Generate(group);
        nint context = NewContext(own, 0);
        byte[] secret = new byte[1024];
        nuint octets = (nuint)secret.Length;
        bool done = DeriveInit(context) == 1
            && DeriveSetPeer(context, peer, validates ? 1 : 0) == 1
            && Derive(context, secret, ref octets) == 1;
        FreeContext(context);
        FreeKey(own);
        return done ? (int)octets : throw new InvalidOperationException("libcrypto refused");
    }

    private static nint Generate(string group)
    {
        nint context = NewContextFromName(0, "DH", 0);
        bool done = KeygenInit(context) == 1 & SetGroupName(context, group) == 1 & Keygen(context, out nint key) == 1;
        FreeContext(context);
        return done ? key : throw new InvalidOperationException("libcrypto refused");
    }

    [LibraryImport(LibCrypto, EntryPoint = "EVP_PKEY_CTX_new_from_name", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NewContextFromName(nint library, string name, nint properties);

    [LibraryImport(LibCrypto, EntryPoint = "EVP_PKEY_CTX_new")]
    private static partial nint NewContext(nint key, nint engine);

    [LibraryImport(LibCrypto, EntryPoint = "EVP_PKEY_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(LibCrypto, EntryPoint = "EVP_PKEY_free")]
    private static partial void FreeKey(nint key);

    [LibraryImport(LibCrypto, EntryPoint = "EVP_PKEY_keygen_init")]
    private static partial int KeygenInit(nint context);

    [LibraryImport(LibCrypto, EntryPoint = "EVP_PKEY_CTX_set_group_name", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetGroupName(nint context, string name);

    [LibraryImport(LibCrypto, EntryPoint = "EVP_PKEY_keygen")]
    private static partial int Keygen(nint context, out nint key);

    [LibraryImport(LibCrypto, EntryPoint = "EVP_PKEY_derive_init")]
    private static partial int DeriveInit(nint context);

    [LibraryImport(LibCrypto, EntryPoint = "EVP_PKEY_derive_set_peer_ex")]
    private static partial int DeriveSetPeer(nint context, nint peer, int validate);

    [LibraryImport(LibCrypto, EntryPoint = "EVP_PKEY_derive")]
    private static partial int Derive(nint context, [Out] byte[] secret, ref nuint octets);
}
