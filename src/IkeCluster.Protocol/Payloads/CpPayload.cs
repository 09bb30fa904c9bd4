using System.Buffers.Binary;
using IkeCluster.Protocol.Message;

namespace IkeCluster.Protocol.Payloads;

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  |   CFG Type    |                   RESERVED                    |
//  +-+-------------+---------------+-------------------------------+
//  |R|       Attribute Type        |            Length             |
//  +-+-----------------------------+-------------------------------+
//  |                             Value                             ~

/// <summary>Configuration asked for or given (RFC 7296 §3.15). What a value's length should be depends on who asks.</summary>
public readonly ref struct CpPayload
{
    private const int FixedOctets = 4;
    private const int AttributeHeaderOctets = 4;
    private const ushort AttributeTypeMask = 0x7FFF;
    private readonly ReadOnlySpan<byte> _body;

    private CpPayload(ReadOnlySpan<byte> body) => _body = body;

    public CfgType Type => (CfgType)_body[0];

    public Enumerator GetEnumerator() => new(_body[FixedOctets..]);

    public static bool TryRead(ReadOnlySpan<byte> body, out CpPayload payload, out ParseFault fault)
    {
        ParseFaultKind kind = Judge(body, out int offset);
        bool isSound = ParseFault.IsSound(kind, PayloadType.Cp, offset, out fault);
        payload = isSound ? new CpPayload(body) : default;
        return isSound;
    }

    private static ParseFaultKind Judge(ReadOnlySpan<byte> body, out int offset)
    {
        offset = 0;
        if (body.Length < FixedOctets)
        {
            return ParseFaultKind.TooShort;
        }

        offset = FixedOctets;
        for (int count = 0; offset < body.Length; count++)
        {
            ReadOnlySpan<byte> rest = body[offset..];
            if (count == Limits.CfgAttributesPerPayloadMax)
            {
                return ParseFaultKind.TooManyAttributes;
            }

            if (rest.Length < AttributeHeaderOctets)
            {
                return ParseFaultKind.TooShort;
            }

            int octets = AttributeOctets(rest);
            if (octets > rest.Length)
            {
                return ParseFaultKind.LengthBeyondEnd;
            }

            offset += octets;
        }

        return ParseFaultKind.None;
    }

    private static int AttributeOctets(ReadOnlySpan<byte> attribute) =>
        AttributeHeaderOctets + BinaryPrimitives.ReadUInt16BigEndian(attribute[2..]);

    /// <summary>Walks the attributes, which <see cref="TryRead"/> has checked.</summary>
    public ref struct Enumerator
    {
        private ReadOnlySpan<byte> _rest;

        internal Enumerator(ReadOnlySpan<byte> attributes) => _rest = attributes;

        public CfgAttributeView Current { get; private set; }

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            int octets = AttributeOctets(_rest);
            var type = (CfgAttributeType)(BinaryPrimitives.ReadUInt16BigEndian(_rest) & AttributeTypeMask);
            Current = new CfgAttributeView(type, _rest[AttributeHeaderOctets..octets]);
            _rest = _rest[octets..];
            return true;
        }
    }
}

/// <summary>One configuration attribute in place; the reserved bit is gone (RFC 7296 §3.15.1).</summary>
public readonly ref struct CfgAttributeView
{
    internal CfgAttributeView(CfgAttributeType type, ReadOnlySpan<byte> value)
    {
        Type = type;
        Value = value;
    }

    public CfgAttributeType Type { get; }

    public ReadOnlySpan<byte> Value { get; }
}
