using IkeCluster.Protocol.Message;

namespace IkeCluster.Protocol.Payloads;

//  +---------------+-----------------------------------------------+
//  | Cert Encoding |               Certificate Data                ~

/// <summary>A certificate or something related to one (RFC 7296 §3.6).</summary>
public readonly ref struct CertPayload
{
    private readonly ReadOnlySpan<byte> _body;

    private CertPayload(ReadOnlySpan<byte> body) => _body = body;

    public CertEncoding Encoding => (CertEncoding)_body[0];

    public ReadOnlySpan<byte> Data => _body[1..];

    public static bool TryRead(ReadOnlySpan<byte> body, out CertPayload payload, out ParseFault fault)
    {
        ParseFaultKind kind = body.IsEmpty ? ParseFaultKind.TooShort : ParseFaultKind.None;
        bool isSound = ParseFault.IsSound(kind, PayloadType.Cert, 0, out fault);
        payload = isSound ? new CertPayload(body) : default;
        return isSound;
    }
}
