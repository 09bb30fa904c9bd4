using System.Formats.Asn1;

namespace IkeCluster.Crypto.Der;

/// <summary>
/// Reads DER values one after the other. It answers yes or no where <see cref="AsnReader"/> would throw: what it reads
/// comes from a peer.
/// </summary>
internal ref struct DerReader(ReadOnlySpan<byte> der)
{
    private ReadOnlySpan<byte> _rest = der;

    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>True when the next value has this tag; nothing is read.</summary>
    public readonly bool NextIs(Asn1Tag tag) =>
        Asn1Tag.TryDecode(_rest, out Asn1Tag found, out _) && found == tag;

    /// <summary>Reads one value of this tag and gives its content.</summary>
    public bool TryRead(Asn1Tag tag, out ReadOnlySpan<byte> content) => TryRead(tag, out content, out _);

    /// <summary>Reads one value of this tag and gives it whole, tag and length included.</summary>
    public bool TryReadWhole(Asn1Tag tag, out ReadOnlySpan<byte> whole) => TryRead(tag, out _, out whole);

    /// <summary>Reads one value of any tag.</summary>
    public bool TryReadAny(out Asn1Tag tag, out ReadOnlySpan<byte> content)
    {
        content = default;
        return Asn1Tag.TryDecode(_rest, out tag, out _) && TryRead(tag, out content, out _);
    }

    /// <summary>Enters a value that must be the only one left: SEQUENCE { ... } and nothing behind it.</summary>
    public bool TryEnterOnly(Asn1Tag tag, out DerReader inner)
    {
        bool read = TryRead(tag, out ReadOnlySpan<byte> content) && AtEnd;
        inner = new DerReader(content);
        return read;
    }

    public bool TryEnter(Asn1Tag tag, out DerReader inner)
    {
        bool read = TryRead(tag, out ReadOnlySpan<byte> content);
        inner = new DerReader(content);
        return read;
    }

    /// <summary>Reads a non-negative INTEGER of at most 16 bits in its shortest form.</summary>
    public bool TryReadSmall(out int value)
    {
        value = 0;
        if (!TryRead(Asn1Tag.Integer, out ReadOnlySpan<byte> content) || content.Length is 0 or > 3 || content[0] > 0x7F
            || (content.Length > 1 && content[0] == 0 && content[1] < 0x80))
        {
            return false;
        }

        foreach (byte octet in content)
        {
            value = (value << 8) | octet;
        }

        return value <= ushort.MaxValue;
    }

    /// <summary>Reads a BIT STRING of whole octets, as keys and signatures are.</summary>
    public bool TryReadOctetsOfBitString(out ReadOnlySpan<byte> octets)
    {
        octets = default;
        if (!TryRead(Asn1Tag.PrimitiveBitString, out ReadOnlySpan<byte> content) || content.IsEmpty || content[0] != 0)
        {
            return false;
        }

        octets = content[1..];
        return true;
    }

    private bool TryRead(Asn1Tag tag, out ReadOnlySpan<byte> content, out ReadOnlySpan<byte> whole)
    {
        content = whole = default;
        if (!AsnDecoder.TryReadEncodedValue(
                _rest, AsnEncodingRules.DER, out Asn1Tag found, out int offset, out int length, out int consumed)
            || found != tag)
        {
            return false;
        }

        content = _rest.Slice(offset, length);
        whole = _rest[..consumed];
        _rest = _rest[consumed..];
        return true;
    }
}
