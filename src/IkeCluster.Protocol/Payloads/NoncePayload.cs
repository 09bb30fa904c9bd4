using IkeCluster.Protocol.Message;

namespace IkeCluster.Protocol.Payloads;

/// <summary>A nonce of 16 to 256 octets (RFC 7296 §3.9).</summary>
public readonly ref struct NoncePayload
{
    private NoncePayload(ReadOnlySpan<byte> value) => Value = value;

    public ReadOnlySpan<byte> Value { get; }

    public static bool TryRead(ReadOnlySpan<byte> body, out NoncePayload payload, out ParseFault fault)
    {
        bool fits = body.Length is >= Limits.NonceOctetsMin and <= Limits.NonceOctetsMax;
        ParseFaultKind kind = fits ? ParseFaultKind.None : ParseFaultKind.BadNonceLength;
        bool isSound = ParseFault.IsSound(kind, PayloadType.Nonce, 0, out fault);
        payload = isSound ? new NoncePayload(body) : default;
        return isSound;
    }
}
