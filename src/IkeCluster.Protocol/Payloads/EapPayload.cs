using System.Buffers.Binary;
using IkeCluster.Protocol.Message;

namespace IkeCluster.Protocol.Payloads;

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  |     Code      |  Identifier   |            Length             |
//  +---------------+---------------+-------------------------------+
//  |     Type      |                   Type_Data                   ~

/// <summary>One EAP packet (RFC 7296 §3.16, RFC 3748 §4): its Length is the payload's, and only 1 and 2 have a Type.</summary>
public readonly ref struct EapPayload
{
    private const int FixedOctets = 4;
    private const byte RequestCode = 1;
    private const byte ResponseCode = 2;

    private EapPayload(ReadOnlySpan<byte> packet) => Packet = packet;

    /// <summary>Request 1, Response 2, Success 3, Failure 4.</summary>
    public byte Code => Packet[0];

    public byte Identifier => Packet[1];

    /// <summary>The method; 0 in a Success or Failure.</summary>
    public byte Type => HasType(Packet) ? Packet[FixedOctets] : (byte)0;

    public ReadOnlySpan<byte> TypeData => HasType(Packet) ? Packet[(FixedOctets + 1)..] : default;

    /// <summary>The whole packet, header included, as a RADIUS server takes it.</summary>
    public ReadOnlySpan<byte> Packet { get; }

    public static bool TryRead(ReadOnlySpan<byte> body, out EapPayload payload, out ParseFault fault)
    {
        bool isSound = ParseFault.IsSound(Judge(body), PayloadType.Eap, 0, out fault);
        payload = isSound ? new EapPayload(body) : default;
        return isSound;
    }

    private static ParseFaultKind Judge(ReadOnlySpan<byte> body)
    {
        if (body.Length < FixedOctets)
        {
            return ParseFaultKind.TooShort;
        }

        int needed = HasType(body) ? FixedOctets + 1 : FixedOctets;
        int claimed = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
        return claimed switch
        {
            _ when claimed < needed => ParseFaultKind.LengthBelowHeader,
            _ when claimed > body.Length => ParseFaultKind.LengthBeyondEnd,
            _ when claimed < body.Length => ParseFaultKind.TrailingOctets,
            _ => ParseFaultKind.None,
        };
    }

    private static bool HasType(ReadOnlySpan<byte> packet) => packet[0] is RequestCode or ResponseCode;
}
