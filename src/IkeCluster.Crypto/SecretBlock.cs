using System.Security.Cryptography;

namespace IkeCluster.Crypto;

/// <summary>
/// Octets that must not be seen: wiped on dispose and unprintable. Not pinned: pinned arrays make every collection a full
/// one (decision 0005).
/// </summary>
public abstract class SecretBlock : IDisposable
{
    private readonly byte[] _octets;
    private bool _isWiped;

    private protected SecretBlock(int length) => _octets = length == 0 ? [] : new byte[length];

    private protected SecretBlock(ReadOnlySpan<byte> secret) => _octets = secret.ToArray();

    /// <summary>Octets.</summary>
    public int Length => _octets.Length;

    public sealed override string ToString() => "[secret]";

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_octets);
        _isWiped = true;
        GC.SuppressFinalize(this);
    }

    /// <summary>The octets themselves. A wiped secret is refused, because zeroes would serve as a key.</summary>
    internal Span<byte> RevealAll()
    {
        ObjectDisposedException.ThrowIf(_isWiped, this);
        return _octets;
    }
}
