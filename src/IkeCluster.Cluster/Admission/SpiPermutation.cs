using System.Runtime.Intrinsics;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Ciphers;

namespace IkeCluster.Cluster.Admission;

/// <summary>
/// A keyed permutation of all numbers of a given width: a Feistel network whose round function is AES-128, halves
/// of any two widths, each changed in turn by what the other says. Thread-safe.
/// </summary>
internal sealed class SpiPermutation(SecretBytes key, int highBits, int lowBits) : IDisposable
{
    // As many as FF3 has (NIST SP 800-38G); four would be enough against one who sees few SPIs (Luby and Rackoff).
    private const int Rounds = 8;

    private readonly AesBlock _aes = new(key.Reveal());
    private readonly ulong _highMask = (1UL << highBits) - 1;
    private readonly ulong _lowMask = (1UL << lowBits) - 1;

    public ulong Permute(ulong plain)
    {
        ulong high = (plain >> lowBits) & _highMask;
        ulong low = plain & _lowMask;
        for (int round = 0; round < Rounds; round += 2)
        {
            high ^= Mix(round, low) & _highMask;
            low ^= Mix(round + 1, high) & _lowMask;
        }

        return (high << lowBits) | low;
    }

    public ulong Restore(ulong permuted)
    {
        ulong high = (permuted >> lowBits) & _highMask;
        ulong low = permuted & _lowMask;
        for (int round = Rounds - 2; round >= 0; round -= 2)
        {
            low ^= Mix(round + 1, high) & _lowMask;
            high ^= Mix(round, low) & _highMask;
        }

        return (high << lowBits) | low;
    }

    public void Dispose() => _aes.Dispose();

    private ulong Mix(int round, ulong half) =>
        _aes.Encrypt(Vector128.Create(half, (ulong)round).AsByte()).AsUInt64().ToScalar();
}
