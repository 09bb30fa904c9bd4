using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace IkeCluster.Crypto.Legacy;

/// <summary>
/// MD4 (RFC 1320), for one purpose: the NT hash of a password, on which MSCHAPv2 rests (RFC 2759 §8.3). It is broken as a
/// hash and serves nothing else here. Home-made because neither .NET nor OpenSSL's default provider has it any more.
/// </summary>
internal static class Md4
{
    internal const int HashOctets = 16;
    private const int BlockOctets = 64;
    private const int LengthOctets = 8;

    internal static void Hash(ReadOnlySpan<byte> text, Span<byte> hash)
    {
        OctetCount.MustBe(HashOctets, hash.Length);
        Span<uint> state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
        ReadOnlySpan<byte> rest = text;
        for (; rest.Length >= BlockOctets; rest = rest[BlockOctets..])
        {
            Mix(state, rest[..BlockOctets]);
        }

        HashTail(state, rest, text.Length);
        for (int i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(hash[(4 * i)..], state[i]);
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(state));
    }

    // RFC 1320 §3.1, 3.2: a one bit, zeroes, and the length in bits, in one block or two.
    private static void HashTail(Span<uint> state, ReadOnlySpan<byte> rest, int textOctets)
    {
        Span<byte> tail = stackalloc byte[2 * BlockOctets];
        tail.Clear();
        rest.CopyTo(tail);
        tail[rest.Length] = 0x80;
        int octets = rest.Length < BlockOctets - LengthOctets ? BlockOctets : 2 * BlockOctets;
        BinaryPrimitives.WriteUInt64LittleEndian(tail[(octets - LengthOctets)..], 8UL * (ulong)textOctets);
        for (int at = 0; at < octets; at += BlockOctets)
        {
            Mix(state, tail.Slice(at, BlockOctets));
        }

        CryptographicOperations.ZeroMemory(tail);
    }

    // RFC 1320 §3.4: three rounds of sixteen steps, each with an order of words and rotations of its own.
    private static void Mix(Span<uint> state, ReadOnlySpan<byte> block)
    {
        ReadOnlySpan<byte> order2 = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15];
        ReadOnlySpan<byte> order3 = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];
        ReadOnlySpan<byte> turns1 = [3, 7, 11, 19];
        ReadOnlySpan<byte> turns2 = [3, 5, 9, 13];
        ReadOnlySpan<byte> turns3 = [3, 9, 11, 15];
        (uint a, uint b, uint c, uint d) = (state[0], state[1], state[2], state[3]);
        for (int i = 0; i < 48; i++)
        {
            int step = i % 16;
            (uint sum, byte word, byte turn) = (i / 16) switch
            {
                0 => ((b & c) | (~b & d), (byte)step, turns1[i % 4]),
                1 => (((b & c) | (b & d) | (c & d)) + 0x5a827999, order2[step], turns2[i % 4]),
                _ => ((b ^ c ^ d) + 0x6ed9eba1, order3[step], turns3[i % 4]),
            };
            uint mixed = BitOperations.RotateLeft(a + sum + BinaryPrimitives.ReadUInt32LittleEndian(block[(4 * word)..]), turn);
            (a, b, c, d) = (d, mixed, b, c);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
    }
}
