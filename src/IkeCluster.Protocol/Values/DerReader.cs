using System.Formats.Asn1;

namespace IkeCluster.Protocol.Values;

/// <summary>Walks DER values one after the other; broken octets end the walk, with <see cref="IsBroken"/>.</summary>
internal ref struct DerReader(ReadOnlySpan<byte> octets)
{
    internal const byte Sequence = 0x30;
    internal const byte Set = 0x31;
    internal const byte ObjectIdentifier = 0x06;

    private ReadOnlySpan<byte> _rest = octets;

    internal bool IsBroken { get; private set; }

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    internal bool TryNext(out byte tag, out ReadOnlySpan<byte> content)
    {
        tag = 0;
        content = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        IsBroken |= !AsnDecoder.TryReadEncodedValue(
            _rest, AsnEncodingRules.DER, out _, out int contentAt, out int contentOctets, out int octets);
        if (IsBroken)
        {
            _rest = default;
            return false;
        }

        tag = _rest[0];
        content = _rest.Slice(contentAt, contentOctets);
        _rest = _rest[octets..];
        return true;
    }

    /// <summary>The next value, if it has the expected tag; anything else breaks the walk.</summary>
    internal bool TryNext(byte expected, out ReadOnlySpan<byte> content)
    {
        bool isIt = TryNext(out byte tag, out content) && tag == expected;
        IsBroken |= !isIt;
        return isIt;
    }
}
