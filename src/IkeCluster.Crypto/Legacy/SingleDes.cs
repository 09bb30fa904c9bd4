using System.Security.Cryptography;
using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Legacy;

/// <summary>
/// DES over one block (FIPS 46-3), for one purpose: the response of MSCHAPv2 (RFC 2759 §8.6). OpenSSL's default provider
/// has no single DES; three times the same key makes its triple DES a single one.
/// </summary>
internal static class SingleDes
{
    internal const int BlockOctets = 8;

    /// <summary>A DES key without its parity bits.</summary>
    internal const int KeyOctets = 7;

    private static readonly EvpCipher TripleDes = EvpCipher.Fetch("DES-EDE3");

    internal static void Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> block, Span<byte> encrypted)
    {
        OctetCount.MustBe(KeyOctets, key.Length);
        OctetCount.MustBe(BlockOctets, block.Length);
        Span<byte> tripled = stackalloc byte[3 * BlockOctets];
        Spread(key, tripled[..BlockOctets]);
        tripled[..BlockOctets].CopyTo(tripled[BlockOctets..]);
        tripled[..BlockOctets].CopyTo(tripled[(2 * BlockOctets)..]);
        using EvpCipherContext context = EvpCipherContext.Create(TripleDes, tripled, encrypts: true);
        CryptographicOperations.ZeroMemory(tripled);
        context.Transform(block, encrypted[..BlockOctets]);
    }

    // Seven bits an octet; the eighth is parity, at which no cipher looks.
    private static void Spread(ReadOnlySpan<byte> key, Span<byte> spread)
    {
        ulong bits = 0;
        foreach (byte octet in key)
        {
            bits = (bits << 8) | octet;
        }

        for (int i = 0; i < BlockOctets; i++)
        {
            spread[i] = (byte)((bits >> (7 * (BlockOctets - 1 - i))) << 1);
        }
    }
}
