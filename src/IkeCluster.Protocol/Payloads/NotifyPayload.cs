using System.Buffers.Binary;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Protocol.Payloads;

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  |  Protocol ID  |   SPI Size    |      Notify Message Type      |
//  +---------------+---------------+-------------------------------+
//  |       Security Parameter Index, then Notification Data        ~

/// <summary>A notification (RFC 7296 §3.10). Any SPI size that fits is taken: most notifications are to be ignored.</summary>
public readonly ref struct NotifyPayload
{
    private const int FixedOctets = 4;
    private readonly ReadOnlySpan<byte> _body;

    private NotifyPayload(ReadOnlySpan<byte> body) => _body = body;

    public SecurityProtocol Protocol => (SecurityProtocol)_body[0];

    public NotifyType Type => (NotifyType)BinaryPrimitives.ReadUInt16BigEndian(_body[2..]);

    public ReadOnlySpan<byte> Spi => _body.Slice(FixedOctets, _body[1]);

    public ReadOnlySpan<byte> Data => _body[(FixedOctets + _body[1])..];

    public static bool TryRead(ReadOnlySpan<byte> body, out NotifyPayload payload, out ParseFault fault)
    {
        ParseFaultKind kind = body.Length < FixedOctets ? ParseFaultKind.TooShort
            : body.Length < FixedOctets + body[1] ? ParseFaultKind.LengthBeyondEnd
            : ParseFaultKind.None;
        bool isSound = ParseFault.IsSound(kind, PayloadType.Notify, 0, out fault);
        payload = isSound ? new NotifyPayload(body) : default;
        return isSound;
    }
}
