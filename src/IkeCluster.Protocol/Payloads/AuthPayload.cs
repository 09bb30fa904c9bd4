using IkeCluster.Protocol.Message;

namespace IkeCluster.Protocol.Payloads;

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  |  Auth Method  |                   RESERVED                    |
//  +---------------+-----------------------------------------------+
//  |                      Authentication Data                      ~

/// <summary>The proof of an identity (RFC 7296 §3.8).</summary>
public readonly ref struct AuthPayload
{
    private const int FixedOctets = 4;
    private readonly ReadOnlySpan<byte> _body;

    private AuthPayload(ReadOnlySpan<byte> body) => _body = body;

    public AuthMethod Method => (AuthMethod)_body[0];

    public ReadOnlySpan<byte> Data => _body[FixedOctets..];

    public static bool TryRead(ReadOnlySpan<byte> body, out AuthPayload payload, out ParseFault fault)
    {
        ParseFaultKind kind = body.Length < FixedOctets ? ParseFaultKind.TooShort : ParseFaultKind.None;
        bool isSound = ParseFault.IsSound(kind, PayloadType.Auth, 0, out fault);
        payload = isSound ? new AuthPayload(body) : default;
        return isSound;
    }
}
