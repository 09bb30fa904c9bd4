using System.Text;

namespace IkeCluster.Protocol.Values;

/// <summary>One attribute of a distinguished name in DER: the content of its OID, the tag and content of its value.</summary>
internal readonly ref struct NameAttribute(ReadOnlySpan<byte> oid, byte tag, ReadOnlySpan<byte> value)
{
    private const byte Utf8String = 0x0C;
    private const byte NumericString = 0x12;
    private const byte PrintableString = 0x13;
    private const byte T61String = 0x14;
    private const byte Ia5String = 0x16;
    private const byte VisibleString = 0x1A;
    private const byte BmpString = 0x1E;

    internal ReadOnlySpan<byte> Oid { get; } = oid;

    internal byte Tag { get; } = tag;

    internal ReadOnlySpan<byte> Value { get; } = value;

    internal bool IsText => Tag is Utf8String or NumericString or PrintableString or T61String or Ia5String or VisibleString or BmpString;

    internal bool IsWildcard => Value is [(byte)'*'];

    internal string Text => Coding.GetString(Value);

    private Encoding Coding => Tag switch
    {
        BmpString => Encoding.BigEndianUnicode,
        T61String => Encoding.Latin1,
        _ => Encoding.UTF8,
    };

    /// <summary>Equal for values that are one: neither the kind of string nor case matters (RFC 5280 §7.1).</summary>
    internal byte[] FoldedValue()
    {
        if (!IsText)
        {
            return Value.ToArray();
        }

        // What is no text of its kind would be read as marks of replacement, and equal all else that is none. An octet that
        // UTF-8 does not have keeps it apart from every text.
        string text = Text;
        return Coding.GetBytes(text).AsSpan().SequenceEqual(Value) ? Encoding.UTF8.GetBytes(text.ToUpperInvariant()) : [0xFF, Tag, .. Value];
    }

    internal bool HasValueOf(NameAttribute other) => IsText && other.IsText
        ? FoldedValue().AsSpan().SequenceEqual(other.FoldedValue())
        : Tag == other.Tag && Value.SequenceEqual(other.Value);
}

/// <summary>
/// Walks the attributes of a distinguished name in DER (RFC 5280 §4.1.2.4). Attributes that share an RDN come one
/// after the other, as strongSwan takes them.
/// </summary>
internal ref struct DistinguishedName
{
    private DerReader _sets;
    private DerReader _attributes;

    internal DistinguishedName(ReadOnlySpan<byte> der)
    {
        var outer = new DerReader(der);
        IsBroken = !outer.TryNext(DerReader.Sequence, out ReadOnlySpan<byte> sets) || !outer.IsAtEnd;
        _sets = new DerReader(sets);
        _attributes = default;
    }

    /// <summary>The octets are no distinguished name: known for sure after the last attribute.</summary>
    internal bool IsBroken { get; private set; }

    internal bool TryNext(out NameAttribute attribute)
    {
        attribute = default;
        if (!IsBroken && _attributes.IsAtEnd && !_sets.IsAtEnd)
        {
            IsBroken = !_sets.TryNext(DerReader.Set, out ReadOnlySpan<byte> set) || set.IsEmpty;
            _attributes = new DerReader(set);
        }

        return !IsBroken && !_attributes.IsAtEnd && TryTake(out attribute);
    }

    private bool TryTake(out NameAttribute attribute)
    {
        _attributes.TryNext(DerReader.Sequence, out ReadOnlySpan<byte> pair);
        var parts = new DerReader(pair);
        parts.TryNext(DerReader.ObjectIdentifier, out ReadOnlySpan<byte> oid);
        bool hasValue = parts.TryNext(out byte tag, out ReadOnlySpan<byte> value);
        IsBroken = _attributes.IsBroken || parts.IsBroken || !hasValue || !parts.IsAtEnd;
        attribute = new NameAttribute(oid, tag, value);
        return !IsBroken;
    }
}
