using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

namespace IkeCluster.Crypto.Ciphers;

/// <summary>
/// AES-128 over one block (FIPS 197), for permutations of a few bits: a block costs some 15 ns where a call into
/// libcrypto costs ten times that. Thread-safe. Messages have ciphers of their own.
/// </summary>
/// <remarks>
/// Where the processor has no AES instructions the base class library does the sum: same octets, slower, and it allocates.
/// </remarks>
public sealed class AesBlock : IDisposable
{
    public const int KeyOctets = 16;
    private const int Rounds = 10;

    private readonly SecretBytes _roundKeys = new((Rounds + 1) * KeyOctets);
    private readonly Aes? _library;

    public AesBlock(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeyOctets)
        {
            throw new ArgumentException($"an AES-128 key has {KeyOctets} octets", nameof(key));
        }

        if (X86Aes.IsSupported || ArmAes.IsSupported)
        {
            Expand(key, MemoryMarshal.Cast<byte, uint>(_roundKeys.Reveal()));
        }
        else
        {
            _library = Aes.Create();
            _library.SetKey(key);
        }
    }

    public Vector128<byte> Encrypt(Vector128<byte> block) =>
        X86Aes.IsSupported ? EncryptX86(block)
        : ArmAes.IsSupported ? EncryptArm(block)
        : EncryptByLibrary(block);

    public void Dispose()
    {
        _roundKeys.Dispose();
        _library?.Dispose();
    }

    private Vector128<byte> EncryptX86(Vector128<byte> state)
    {
        ReadOnlySpan<Vector128<byte>> keys = RoundKeys();
        state ^= keys[0];
        for (int round = 1; round < Rounds; round++)
        {
            state = X86Aes.Encrypt(state, keys[round]);
        }

        return X86Aes.EncryptLast(state, keys[Rounds]);
    }

    // Arm adds the round key before it substitutes, so that each key is used one step earlier than on x86.
    private Vector128<byte> EncryptArm(Vector128<byte> state)
    {
        ReadOnlySpan<Vector128<byte>> keys = RoundKeys();
        for (int round = 0; round < Rounds - 1; round++)
        {
            state = ArmAes.MixColumns(ArmAes.Encrypt(state, keys[round]));
        }

        return ArmAes.Encrypt(state, keys[Rounds - 1]) ^ keys[Rounds];
    }

    private Vector128<byte> EncryptByLibrary(Vector128<byte> block)
    {
        Span<byte> octets = stackalloc byte[Vector128<byte>.Count];
        block.CopyTo(octets);
        _library!.EncryptEcb(octets, octets, PaddingMode.None);
        return Vector128.Create<byte>(octets);
    }

    private ReadOnlySpan<Vector128<byte>> RoundKeys() =>
        MemoryMarshal.Cast<byte, Vector128<byte>>(_roundKeys.Reveal());

    // FIPS 197 §5.2, in words of little-endian order.
    private static void Expand(ReadOnlySpan<byte> key, Span<uint> words)
    {
        ReadOnlySpan<byte> roundConstants = [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1B, 0x36];
        MemoryMarshal.Cast<byte, uint>(key).CopyTo(words);
        for (int i = 4; i < words.Length; i++)
        {
            uint previous = words[i - 1];
            uint mixed = i % 4 == 0 ? uint.RotateRight(Substitute(previous), 8) ^ roundConstants[(i / 4) - 1] : previous;
            words[i] = words[i - 4] ^ mixed;
        }
    }

    // The last round without a key is SubBytes and ShiftRows; four equal columns make ShiftRows do nothing.
    private static uint Substitute(uint word)
    {
        Vector128<byte> columns = Vector128.Create(word).AsByte();
        Vector128<byte> substituted = X86Aes.IsSupported
            ? X86Aes.EncryptLast(columns, Vector128<byte>.Zero)
            : ArmAes.Encrypt(columns, Vector128<byte>.Zero);
        return substituted.AsUInt32().ToScalar();
    }
}
