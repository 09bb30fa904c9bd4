using System.Buffers.Binary;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Protocol.Payloads;

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  |     Key Exchange Method       |           RESERVED            |
//  +-------------------------------+-------------------------------+
//  |                       Key Exchange Data                       ~

/// <summary>A public value (RFC 7296 §3.4). Whether its length fits the method is the key exchange's to say.</summary>
public readonly ref struct KePayload
{
    private const int FixedOctets = 4;
    private readonly ReadOnlySpan<byte> _body;

    private KePayload(ReadOnlySpan<byte> body) => _body = body;

    public KeyExchangeMethod Method => (KeyExchangeMethod)BinaryPrimitives.ReadUInt16BigEndian(_body);

    public ReadOnlySpan<byte> Value => _body[FixedOctets..];

    public static bool TryRead(ReadOnlySpan<byte> body, out KePayload payload, out ParseFault fault)
    {
        ParseFaultKind kind = body.Length < FixedOctets ? ParseFaultKind.TooShort : ParseFaultKind.None;
        bool isSound = ParseFault.IsSound(kind, PayloadType.Ke, 0, out fault);
        payload = isSound ? new KePayload(body) : default;
        return isSound;
    }
}
