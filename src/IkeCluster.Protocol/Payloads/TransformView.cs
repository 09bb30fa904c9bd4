using System.Buffers.Binary;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Protocol.Payloads;

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  | Last Substruc |   RESERVED    |        Transform Length       |
//  +---------------+---------------+---------------+---------------+
//  |Transform Type |   RESERVED    |          Transform ID         |
//  +---------------+---------------+-------------------------------+
//  |                     Transform Attributes                      ~

/// <summary>One transform in place (RFC 7296 §3.3.2).</summary>
public readonly ref struct TransformView
{
    private const ushort KeyLengthAttribute = 14;

    internal TransformView(ReadOnlySpan<byte> octets)
    {
        Type = (TransformType)octets[4];
        Id = BinaryPrimitives.ReadUInt16BigEndian(octets[6..]);
        ReadOnlySpan<byte> rest = octets[SaSyntax.TransformHeaderOctets..];
        while (!rest.IsEmpty)
        {
            ushort value = BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            bool isKeyLength = BinaryPrimitives.ReadUInt16BigEndian(rest) == (SaSyntax.FixedFormatBit | KeyLengthAttribute);

            // A key length of 0 bits, or a second one, is as little understood as an attribute without a name.
            if (isKeyLength && KeyLengthBits == 0 && value != 0)
            {
                KeyLengthBits = value;
            }
            else
            {
                HasUnknownAttribute = true;
            }

            rest = rest[SaSyntax.AttributeOctets(rest)..];
        }
    }

    public TransformType Type { get; }

    public ushort Id { get; }

    /// <summary>The Key Length attribute, 0 where there is none.</summary>
    public ushort KeyLengthBits { get; }

    /// <summary>RFC 7296 §3.3.6: such a transform must not be chosen.</summary>
    public bool HasUnknownAttribute { get; }

    public Transform ToTransform() => new(Type, Id, KeyLengthBits);
}
