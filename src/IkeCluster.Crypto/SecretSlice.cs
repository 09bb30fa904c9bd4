using System.Security.Cryptography;

namespace IkeCluster.Crypto;

/// <summary>
/// One key of a block of keys: lent by the block's owner and wiped with it. Unprintable, as <see cref="SecretBytes"/> is.
/// </summary>
public readonly struct SecretSlice
{
    private readonly SecretBlock _block;
    private readonly int _offset;

    internal SecretSlice(SecretBlock block, int offset, int length)
    {
        _block = block;
        _offset = offset;
        Length = length;
    }

    /// <summary>Octets.</summary>
    public int Length { get; }

    /// <summary>The octets themselves; refused once the block is wiped.</summary>
    public Span<byte> Reveal() => _block.RevealAll().Slice(_offset, Length);

    public bool FixedTimeEquals(ReadOnlySpan<byte> other) => CryptographicOperations.FixedTimeEquals(Reveal(), other);

    public override string ToString() => "[secret]";
}
