using System.Buffers.Binary;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Engine.Authentication.Eap;

//   0               1               2               3
//  +---------------+---------------+-------------------------------+
//  |     Code      |  Identifier   |            Length             |
//  +---------------+---------------+-------------------------------+
//  |     Type      |                   Type_Data                   ~

/// <summary>EAP packets as the authenticator writes them (RFC 3748 §4).</summary>
internal static class EapPacket
{
    internal const byte RequestCode = 1;
    internal const byte ResponseCode = 2;
    internal const byte SuccessCode = 3;
    internal const byte FailureCode = 4;

    internal const byte IdentityType = 1;
    internal const byte NakType = 3;
    internal const byte MsChapV2Type = 26;
    internal const byte ExpandedType = 254;

    private const int HeaderOctets = 4;

    /// <summary>Types of a Nak that are told; a real one names two or three.</summary>
    private const int TypesToldMax = 8;

    internal static byte[] Request(byte identifier, byte type, ReadOnlySpan<byte> data)
    {
        byte[] packet = new byte[HeaderOctets + 1 + data.Length];
        WriteHeader(packet, RequestCode, identifier);
        packet[HeaderOctets] = type;
        data.CopyTo(packet.AsSpan(HeaderOctets + 1));
        return packet;
    }

    /// <summary>Success or Failure, with the identifier of the response that led to it (RFC 3748 §4.2).</summary>
    internal static byte[] End(byte code, byte identifier)
    {
        byte[] packet = new byte[HeaderOctets];
        WriteHeader(packet, code, identifier);
        return packet;
    }

    /// <summary>Why a response is none to our method: a Nak names what the peer would rather do (RFC 3748 §5.3).</summary>
    internal static EapStep.Failure NotOurs(in EapPayload response, string method)
    {
        string cause = response.Type switch
        {
            NakType when response.TypeData is [not 0, ..] =>
                $"the peer refuses EAP-{method} and offers the EAP types {Types(response.TypeData)}",
            NakType or ExpandedType => $"the peer refuses EAP-{method}",
            _ => $"the peer answers EAP-{method} with EAP type {response.Type}",
        };
        return new(response.Type is NakType or ExpandedType ? LoginFailure.NoPolicy : LoginFailure.Malformed, cause);
    }

    private static string Types(ReadOnlySpan<byte> offered) =>
        string.Join(", ", offered[..Math.Min(offered.Length, TypesToldMax)].ToArray()) + (offered.Length > TypesToldMax ? " and more" : "");

    private static void WriteHeader(Span<byte> packet, byte code, byte identifier)
    {
        packet[0] = code;
        packet[1] = identifier;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)packet.Length);
    }
}
