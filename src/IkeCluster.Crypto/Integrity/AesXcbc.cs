using System.Security.Cryptography;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Integrity;

/// <summary>
/// AES-XCBC-MAC (RFC 3566 §4). No library has it; what is ours is the chaining, the AES is libcrypto's.
/// </summary>
internal sealed class AesXcbc : KeyedMac
{
    private const int BlockOctets = 16;

    private readonly EvpCipherContext _k1;
    private readonly SecretBytes _k2 = new(BlockOctets);
    private readonly SecretBytes _k3 = new(BlockOctets);
    private readonly byte[] _chain = new byte[BlockOctets];     // E[i-1]
    private readonly byte[] _pending = new byte[BlockOctets];   // M[i]: the last block is treated in another way
    private int _pendingOctets;

    internal AesXcbc(ReadOnlySpan<byte> key)
    {
        EvpCipher aes = CipherTable.Aes128Ecb;
        using EvpCipherContext master = EvpCipherContext.Create(aes, key, encrypts: true);
        using var k1 = new SecretBytes(BlockOctets);
        DeriveKey(master, 1, k1);
        DeriveKey(master, 2, _k2);
        DeriveKey(master, 3, _k3);
        _k1 = EvpCipherContext.Create(aes, k1.Reveal(), encrypts: true);
    }

    internal override int Octets => BlockOctets;

    internal override void Append(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_pendingOctets == BlockOctets)
            {
                Chain();
            }

            int taken = Math.Min(BlockOctets - _pendingOctets, data.Length);
            data[..taken].CopyTo(_pending.AsSpan(_pendingOctets));
            _pendingOctets += taken;
            data = data[taken..];
        }
    }

    internal override void Finish(Span<byte> mac)
    {
        SecretBytes last = _pendingOctets == BlockOctets ? _k2 : _k3;
        if (_pendingOctets < BlockOctets)
        {
            _pending[_pendingOctets] = 0x80;
            _pending.AsSpan(_pendingOctets + 1).Clear();
        }

        Xor(last.Reveal(), _pending);
        Chain();
        _chain.CopyTo(mac);
        CryptographicOperations.ZeroMemory(_chain);
    }

    public override void Dispose()
    {
        _k1.Dispose();
        _k2.Dispose();
        _k3.Dispose();
        CryptographicOperations.ZeroMemory(_chain);
        CryptographicOperations.ZeroMemory(_pending);
    }

    private static void DeriveKey(EvpCipherContext master, byte label, SecretBytes key)
    {
        Span<byte> block = stackalloc byte[BlockOctets];
        block.Fill(label);
        master.Transform(block, key.Reveal());
    }

    private static void Xor(ReadOnlySpan<byte> from, Span<byte> into)
    {
        for (int i = 0; i < into.Length; i++)
        {
            into[i] ^= from[i];
        }
    }

    private void Chain()
    {
        Xor(_pending, _chain);
        _k1.Transform(_chain, _chain);
        _pendingOctets = 0;
    }
}
