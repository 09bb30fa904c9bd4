using System.Buffers.Binary;
using System.Security.Cryptography;

namespace IkeCluster.Simulation.Core;

/// <summary>All that ever left or was written, in order, as one number: two runs of one seed must agree on it.</summary>
internal sealed class Digest : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>A short name for octets; two that differ have two names.</summary>
    public static UInt128 Of(ReadOnlySpan<byte> octets)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(octets, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    public void Add(ReadOnlySpan<byte> octets) => _hash.AppendData(octets);

    public string Read() => Convert.ToHexStringLower(_hash.GetCurrentHash().AsSpan(0, 8));

    public void Dispose() => _hash.Dispose();
}
