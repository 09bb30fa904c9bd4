using System.Buffers.Binary;
using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Legacy;

namespace IkeCluster.TestKit.Initiator;

/// <summary>The peer of EAP-Identity and EAP-MSCHAPv2 (RFC 3748 §5.1; RFC 2759 §4 to §6, behind the type octet 26).</summary>
internal sealed class EapPeer(InitiatorProof.Eap proof, FillRandom random)
{
    private const byte Response = 2;
    private const byte IdentityType = 1;
    private const byte NakType = 3;
    private const byte MsChapV2Type = 26;
    private const int DataAt = 5;
    private const int ChallengeAt = DataAt + 5;

    private readonly byte[] _name = Encoding.UTF8.GetBytes(proof.User);
    private byte[] _challenge = [];
    private byte[] _peerChallenge = [];
    private byte[] _ntResponse = [];

    /// <summary>The key of the method, once the server has proved that it knows the password.</summary>
    public SecretBytes? Msk { get; private set; }

    /// <summary>The response to a request; the test may have its own.</summary>
    public byte[] Answer(byte[] request)
    {
        byte[] sound = AnswerAsTold(request);
        return proof.Override?.Invoke(request, sound) ?? sound;
    }

    private byte[] AnswerAsTold(byte[] request) => (request[4], request[DataAt..]) switch
    {
        (IdentityType, _) => Packet(request, IdentityType, _name),
        (MsChapV2Type, [1, ..]) => Packet(request, MsChapV2Type, Respond(request)),
        (MsChapV2Type, [3, ..]) => Packet(request, MsChapV2Type, [Judge(request) ? (byte)3 : (byte)4]),
        (MsChapV2Type, [4, ..]) => Packet(request, MsChapV2Type, [4]),
        _ => Packet(request, NakType, [MsChapV2Type]),
    };

    private byte[] Respond(byte[] request)
    {
        _challenge = request[ChallengeAt..(ChallengeAt + MsChapV2Sums.ChallengeOctets)];
        _peerChallenge = new byte[MsChapV2Sums.ChallengeOctets];
        random(_peerChallenge);
        _ntResponse = new byte[MsChapV2Sums.NtResponseOctets];
        using SecretBytes ntHash = MsChapV2Sums.NtHash(proof.Password.Reveal());
        MsChapV2Sums.NtResponse(ntHash, _challenge, _peerChallenge, NameWithoutDomain(), _ntResponse);
        byte[] data = [2, request[DataAt + 1], 0, 0, 49, .. _peerChallenge, .. new byte[8], .. _ntResponse, 0, .. _name];
        BinaryPrimitives.WriteUInt16BigEndian(data.AsSpan(2), (ushort)data.Length);
        return data;
    }

    // "S=" and forty hexadecimal digits prove that the server knows the password too.
    private bool Judge(byte[] request)
    {
        using SecretBytes ntHash = MsChapV2Sums.NtHash(proof.Password.Reveal());
        byte[] expected = new byte[MsChapV2Sums.AuthenticatorResponseOctets];
        MsChapV2Sums.AuthenticatorResponse(ntHash, _ntResponse, _challenge, _peerChallenge, NameWithoutDomain(), expected);
        string text = Encoding.ASCII.GetString(request[(DataAt + 4)..]);
        bool holds = text.StartsWith($"S={Convert.ToHexString(expected)} M=", StringComparison.Ordinal);
        Msk = holds ? MsChapV2Sums.Msk(ntHash, _ntResponse) : null;
        return holds;
    }

    private ReadOnlySpan<byte> NameWithoutDomain() => _name.AsSpan(_name.AsSpan().LastIndexOf((byte)'\\') + 1);

    private static byte[] Packet(byte[] request, byte type, byte[] data)
    {
        byte[] packet = [Response, request[1], 0, 0, type, .. data];
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        return packet;
    }
}
