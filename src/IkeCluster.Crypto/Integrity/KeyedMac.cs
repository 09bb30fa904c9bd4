using System.Security.Cryptography;

namespace IkeCluster.Crypto.Integrity;

/// <summary>
/// A message authentication code bound to its key and used for message after message: keeping it saves the key's own
/// part of the work. Not thread-safe.
/// </summary>
internal abstract class KeyedMac : IDisposable
{
    internal const int OctetsMax = 64;

    /// <summary>Octets of the full MAC.</summary>
    internal abstract int Octets { get; }

    internal abstract void Append(ReadOnlySpan<byte> data);

    /// <summary>Writes the full MAC and begins the next message.</summary>
    internal abstract void Finish(Span<byte> mac);

    /// <summary>The MAC cut to the room there is (RFC 2104 §5).</summary>
    internal void Compute(ReadOnlySpan<byte> data, Span<byte> icv)
    {
        Span<byte> full = stackalloc byte[OctetsMax];
        full = full[..Octets];
        Append(data);
        Finish(full);
        full[..icv.Length].CopyTo(icv);
        CryptographicOperations.ZeroMemory(full);
    }

    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> icv)
    {
        Span<byte> expected = stackalloc byte[OctetsMax];
        expected = expected[..icv.Length];
        Compute(data, expected);
        bool holds = CryptographicOperations.FixedTimeEquals(expected, icv);
        CryptographicOperations.ZeroMemory(expected);
        return holds;
    }

    public abstract void Dispose();
}
