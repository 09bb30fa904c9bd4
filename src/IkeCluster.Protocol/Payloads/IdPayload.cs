using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Protocol.Payloads;

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  |    ID Type    |                   RESERVED                    |
//  +---------------+-----------------------------------------------+
//  |                     Identification Data                       ~

/// <summary>Who somebody claims to be (RFC 7296 §3.5): the body of IDi and IDr.</summary>
public readonly ref struct IdPayload
{
    private const int FixedOctets = 4;

    private IdPayload(ReadOnlySpan<byte> body) => Body = body;

    public IdType Type => (IdType)Body[0];

    public ReadOnlySpan<byte> Data => Body[FixedOctets..];

    /// <summary>RestOfIDPayload: what the AUTH payload covers, RESERVED octets included (RFC 7296 §2.15).</summary>
    public ReadOnlySpan<byte> Body { get; }

    public Identity ToIdentity() => new(Type, [.. Data]);

    public static bool TryRead(ReadOnlySpan<byte> body, out IdPayload payload, out ParseFault fault)
    {
        bool isSound = ParseFault.IsSound(Judge(body), PayloadType.IdInitiator, 0, out fault);
        payload = isSound ? new IdPayload(body) : default;
        return isSound;
    }

    private static ParseFaultKind Judge(ReadOnlySpan<byte> body)
    {
        if (body.Length < FixedOctets)
        {
            return ParseFaultKind.TooShort;
        }

        // Type 0 is reserved on the wire and means %any in a configuration: a peer must not claim to be everybody.
        int octets = body.Length - FixedOctets;
        return (IdType)body[0] switch
        {
            IdType.Any => ParseFaultKind.BadIdType,
            IdType.Ipv4Addr when octets != 4 => ParseFaultKind.BadIdLength,
            IdType.Ipv6Addr when octets != 16 => ParseFaultKind.BadIdLength,
            _ when octets > Limits.IdentityOctetsMax => ParseFaultKind.BadIdLength,
            _ => ParseFaultKind.None,
        };
    }
}
