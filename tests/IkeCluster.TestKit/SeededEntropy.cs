using System.Buffers.Binary;
using System.Security.Cryptography;

namespace IkeCluster.TestKit;

/// <summary>
/// Chance from a seed: the same seed gives the same octets for ever. What the wire sees and what stays secret come from
/// two streams, so that a draw from one never shifts the other.
/// </summary>
public sealed class SeededEntropy(ulong seed)
{
    private readonly Stream _public = new(seed, isSecret: false);
    private readonly Stream _secret = new(seed, isSecret: true);

    public ulong Seed { get; } = seed;

    public void FillPublic(Span<byte> octets) => _public.Fill(octets);

    public void FillSecret(Span<byte> octets) => _secret.Fill(octets);

    /// <summary>SHA-256 over seed, stream and a counter.</summary>
    private sealed class Stream
    {
        private readonly byte[] _input = new byte[17];
        private readonly byte[] _block = new byte[SHA256.HashSizeInBytes];
        private ulong _blocks;
        private int _used = SHA256.HashSizeInBytes;

        public Stream(ulong seed, bool isSecret)
        {
            BinaryPrimitives.WriteUInt64BigEndian(_input, seed);
            _input[16] = isSecret ? (byte)1 : (byte)0;
        }

        public void Fill(Span<byte> octets)
        {
            while (!octets.IsEmpty)
            {
                if (_used == _block.Length)
                {
                    Refill();
                }

                int taken = Math.Min(octets.Length, _block.Length - _used);
                _block.AsSpan(_used, taken).CopyTo(octets);
                _used += taken;
                octets = octets[taken..];
            }
        }

        private void Refill()
        {
            BinaryPrimitives.WriteUInt64BigEndian(_input.AsSpan(8), _blocks++);
            SHA256.HashData(_input, _block);
            _used = 0;
        }
    }
}
