using System.Security.Cryptography;

namespace IkeCluster.Crypto;

/// <summary>
/// Octets that must not be seen: wiped on dispose, unprintable, compared in constant time. Not pinned: pinned arrays make
/// every collection a full one (decision 0005).
/// </summary>
public sealed class SecretBytes(int length) : IDisposable
{
    private readonly byte[] _bytes = length == 0 ? [] : new byte[length];
    private bool _isWiped;

    /// <summary>Octets.</summary>
    public int Length => _bytes.Length;

    public static SecretBytes CopyOf(ReadOnlySpan<byte> secret)
    {
        var copy = new SecretBytes(secret.Length);
        secret.CopyTo(copy._bytes);
        return copy;
    }

    /// <summary>The octets themselves. A wiped secret is refused, because zeroes would serve as a key.</summary>
    public Span<byte> Reveal()
    {
        ObjectDisposedException.ThrowIf(_isWiped, this);
        return _bytes;
    }

    public bool FixedTimeEquals(ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(Reveal(), other);

    public override string ToString() => "[secret]";

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _isWiped = true;
    }
}
