using System.Buffers.Binary;
using IkeCluster.Crypto.Legacy;

namespace IkeCluster.Engine.Authentication.Eap;

//   0               1               2               3
//  +---------------+---------------+-------------------------------+
//  |    OpCode     | MS-CHAPv2-ID  |           MS-Length           |
//  +---------------+---------------+-------------------------------+
//  |  Value-Size   |                     Value                     ~
//  +---------------+-----------------------------------------------+
//  ~                             Name                              ~

/// <summary>What stands behind the type octet of EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2 §2).</summary>
internal static class MsChapV2Packet
{
    internal const byte ChallengeOpCode = 1;
    internal const byte ResponseOpCode = 2;
    internal const byte SuccessOpCode = 3;
    internal const byte FailureOpCode = 4;

    private const int HeaderOctets = 4;

    /// <summary>Peer-Challenge 16, reserved 8, NT-Response 24, flags 1.</summary>
    private const int ResponseValueOctets = MsChapV2Sums.ChallengeOctets + 8 + MsChapV2Sums.NtResponseOctets + 1;

    internal static byte[] Challenge(byte identifier, ReadOnlySpan<byte> challenge, ReadOnlySpan<byte> serverName) =>
        Write(ChallengeOpCode, identifier, [(byte)challenge.Length, .. challenge, .. serverName]);

    /// <summary>Success and Failure carry a text.</summary>
    internal static byte[] Text(byte opCode, byte identifier, ReadOnlySpan<byte> text) => Write(opCode, identifier, text);

    /// <summary>False where the packet is too short for what it should hold.</summary>
    internal static bool TryReadResponse(ReadOnlySpan<byte> data, out MsChapV2Response response)
    {
        bool isSound = data is [ResponseOpCode, _, _, _, ResponseValueOctets, ..] && data.Length >= HeaderOctets + 1 + ResponseValueOctets;
        ReadOnlySpan<byte> value = isSound ? data.Slice(HeaderOctets + 1, ResponseValueOctets) : default;
        response = isSound
            ? new MsChapV2Response(
                value[..MsChapV2Sums.ChallengeOctets], value.Slice(ResponseValueOctets - 1 - MsChapV2Sums.NtResponseOctets, MsChapV2Sums.NtResponseOctets),
                WithoutDomain(data[(HeaderOctets + 1 + ResponseValueOctets)..]))
            : default;
        return isSound;
    }

    private static byte[] Write(byte opCode, byte identifier, ReadOnlySpan<byte> data)
    {
        byte[] packet = new byte[HeaderOctets + data.Length];
        packet[0] = opCode;
        packet[1] = identifier;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        data.CopyTo(packet.AsSpan(HeaderOctets));
        return packet;
    }

    // RFC 2759 §8.2: Windows says DOMAIN\user, and the sum takes the user alone.
    private static ReadOnlySpan<byte> WithoutDomain(ReadOnlySpan<byte> name) => name[(name.LastIndexOf((byte)'\\') + 1)..];
}

/// <summary>The peer's response in place (RFC 2759 §4).</summary>
internal readonly ref struct MsChapV2Response(ReadOnlySpan<byte> peerChallenge, ReadOnlySpan<byte> ntResponse, ReadOnlySpan<byte> userName)
{
    internal ReadOnlySpan<byte> PeerChallenge { get; } = peerChallenge;

    internal ReadOnlySpan<byte> NtResponse { get; } = ntResponse;

    internal ReadOnlySpan<byte> UserName { get; } = userName;
}
