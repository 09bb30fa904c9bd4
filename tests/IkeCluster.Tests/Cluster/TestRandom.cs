using System.Buffers.Binary;
using IkeCluster.Engine;

namespace IkeCluster.Tests.Cluster;

/// <summary>SplitMix64: the same seed, the same chance, on every machine.</summary>
internal sealed class TestRandom(ulong seed) : IEntropy
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    public int Below(int limit) => (int)(Next() % (ulong)limit);

    /// <summary>A number of up to so many bits, small ones as likely as large ones.</summary>
    public long Spread(int bitsMax) => (long)(Next() & ((1UL << Below(bitsMax + 1)) - 1));

    public void FillPublic(Span<byte> visibleOnTheWire) => Fill(visibleOnTheWire);

    public void FillSecret(Span<byte> neverLeaves) => Fill(neverLeaves);

    private void Fill(Span<byte> octets)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        while (!octets.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64BigEndian(word, Next());
            int count = Math.Min(word.Length, octets.Length);
            word[..count].CopyTo(octets);
            octets = octets[count..];
        }
    }
}
