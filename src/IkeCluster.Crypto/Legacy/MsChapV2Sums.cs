using System.Security.Cryptography;
using System.Text.Unicode;

namespace IkeCluster.Crypto.Legacy;

/// <summary>
/// The sums of MSCHAPv2 (RFC 2759 §8) and its keys (RFC 3079 §3). They rest on MD4, DES and SHA-1: good enough only inside
/// the protection of an IKE SA whose responder has proved itself by certificate.
/// </summary>
public static class MsChapV2Sums
{
    public const int ChallengeOctets = 16;
    public const int NtResponseOctets = 24;
    public const int NtHashOctets = Md4.HashOctets;

    /// <summary>Octets of the response by which the server proves that it knows the password too.</summary>
    public const int AuthenticatorResponseOctets = SHA1.HashSizeInBytes;

    /// <summary>Octets of the MSK that EAP hands to IKE (RFC 3748 §7.10).</summary>
    public const int MskOctets = 64;

    private const int ShortChallengeOctets = 8;
    private const int SessionKeyOctets = 16;
    private const int PadOctets = 40;

    /// <summary>MD4 over the password in UTF-16LE (RFC 2759 §8.3); the password comes in UTF-8.</summary>
    public static SecretBytes NtHash(ReadOnlySpan<byte> passwordUtf8)
    {
        // UTF-8 never takes fewer octets than UTF-16 takes characters.
        using var utf16 = new SecretBytes(passwordUtf8.Length * sizeof(char));
        Span<char> characters = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, char>(utf16.Reveal());
        Utf8.ToUtf16(passwordUtf8, characters, out _, out int written);
        var hash = new SecretBytes(NtHashOctets);
        Md4.Hash(utf16.Reveal()[..(written * sizeof(char))], hash.Reveal());
        return hash;
    }

    /// <summary>What the peer answers when it knows the password (RFC 2759 §8.1).</summary>
    /// <param name="ntHash">Of the password.</param>
    /// <param name="challenge">The authenticator's.</param>
    /// <param name="peerChallenge">The peer's.</param>
    /// <param name="userName">As the peer sent it, without its domain.</param>
    /// <param name="response">24 octets.</param>
    public static void NtResponse(
        SecretBytes ntHash, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> peerChallenge, ReadOnlySpan<byte> userName, Span<byte> response)
    {
        OctetCount.MustBe(NtResponseOctets, response.Length);
        Span<byte> shortChallenge = stackalloc byte[ShortChallengeOctets];
        HashChallenge(challenge, peerChallenge, userName, shortChallenge);

        // RFC 2759 §8.5: the hash, with zeroes behind it, is three DES keys.
        Span<byte> keys = stackalloc byte[3 * SingleDes.KeyOctets];
        keys.Clear();
        ntHash.Reveal().CopyTo(keys);
        for (int i = 0; i < 3; i++)
        {
            SingleDes.Encrypt(
                keys.Slice(i * SingleDes.KeyOctets, SingleDes.KeyOctets), shortChallenge, response[(i * SingleDes.BlockOctets)..]);
        }

        CryptographicOperations.ZeroMemory(keys);
    }

    /// <summary>The server's proof (RFC 2759 §8.7), 20 octets, which are sent in hexadecimal behind <c>S=</c>.</summary>
    public static void AuthenticatorResponse(
        SecretBytes ntHash, ReadOnlySpan<byte> ntResponse, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> peerChallenge,
        ReadOnlySpan<byte> userName, Span<byte> response)
    {
        Span<byte> hashOfHash = stackalloc byte[NtHashOctets];
        Md4.Hash(ntHash.Reveal(), hashOfHash);
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        Sha1(digest, hashOfHash, ntResponse, "Magic server to client signing constant"u8);
        Span<byte> shortChallenge = stackalloc byte[ShortChallengeOctets];
        HashChallenge(challenge, peerChallenge, userName, shortChallenge);
        Sha1(response, digest, shortChallenge, "Pad to make it do more than one iteration"u8);
        CryptographicOperations.ZeroMemory(hashOfHash);
    }

    /// <summary>
    /// The session keys (RFC 3079 §3.3) as an MSK: what the client sends with, what it receives with, and zeroes.
    /// </summary>
    public static SecretBytes Msk(SecretBytes ntHash, ReadOnlySpan<byte> ntResponse)
    {
        Span<byte> hashOfHash = stackalloc byte[NtHashOctets];
        Md4.Hash(ntHash.Reveal(), hashOfHash);
        Span<byte> master = stackalloc byte[SHA1.HashSizeInBytes];
        Sha1(master, hashOfHash, ntResponse, "This is the MPPE Master Key"u8);
        var msk = new SecretBytes(MskOctets);
        StartKey(master, "On the client side, this is the send key; on the server side, it is the receive key."u8, msk.Reveal());
        StartKey(
            master, "On the client side, this is the receive key; on the server side, it is the send key."u8,
            msk.Reveal()[SessionKeyOctets..]);
        CryptographicOperations.ZeroMemory(hashOfHash);
        CryptographicOperations.ZeroMemory(master);
        return msk;
    }

    // RFC 2759 §8.2.
    private static void HashChallenge(
        ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> peerChallenge, ReadOnlySpan<byte> userName, Span<byte> shortChallenge)
    {
        OctetCount.MustBe(ChallengeOctets, challenge.Length);
        OctetCount.MustBe(ChallengeOctets, peerChallenge.Length);
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        Sha1(digest, peerChallenge, challenge, userName);
        digest[..ShortChallengeOctets].CopyTo(shortChallenge);
    }

    // RFC 3079 §3.4: GetAsymmetricStartKey, for keys of 16 octets.
    private static void StartKey(ReadOnlySpan<byte> master, ReadOnlySpan<byte> magic, Span<byte> key)
    {
        Span<byte> pads = stackalloc byte[2 * PadOctets];
        pads[..PadOctets].Clear();
        pads[PadOctets..].Fill(0xf2);
        Span<byte> digest = stackalloc byte[SHA1.HashSizeInBytes];
        Sha1(digest, master[..SessionKeyOctets], pads[..PadOctets], magic, pads[PadOctets..]);
        digest[..SessionKeyOctets].CopyTo(key);
        CryptographicOperations.ZeroMemory(digest);
    }

    private static void Sha1(
        Span<byte> digest, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third, ReadOnlySpan<byte> fourth = default)
    {
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        sha1.AppendData(first);
        sha1.AppendData(second);
        sha1.AppendData(third);
        sha1.AppendData(fourth);
        sha1.GetHashAndReset(digest);
    }
}
