using System.Security.Cryptography;

namespace IkeCluster.Crypto;

/// <summary>One secret: wiped on dispose, unprintable, compared in constant time.</summary>
public sealed class SecretBytes : SecretBlock
{
    public SecretBytes(int length)
        : base(length)
    {
    }

    private SecretBytes(ReadOnlySpan<byte> secret)
        : base(secret)
    {
    }

    public static SecretBytes CopyOf(ReadOnlySpan<byte> secret) => new(secret);

    /// <summary>The octets themselves; refused once wiped.</summary>
    public Span<byte> Reveal() => RevealAll();

    public bool FixedTimeEquals(ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(Reveal(), other);
}
