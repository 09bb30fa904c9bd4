using IkeCluster.Protocol.Message;

namespace IkeCluster.Protocol.Payloads;

//  +---------------+-----------------------------------------------+
//  | Cert Encoding |            Certification Authority            ~

/// <summary>Which certificates would be welcome (RFC 7296 §3.7).</summary>
public readonly ref struct CertReqPayload
{
    /// <summary>Octets of one SHA-1 hash of a trusted authority's SubjectPublicKeyInfo.</summary>
    public const int HashOctets = 20;

    private readonly ReadOnlySpan<byte> _body;

    private CertReqPayload(ReadOnlySpan<byte> body) => _body = body;

    public CertEncoding Encoding => (CertEncoding)_body[0];

    /// <summary>For the X.509 encodings: whole hashes, one after the other; maybe none.</summary>
    public ReadOnlySpan<byte> Authorities => _body[1..];

    public static bool TryRead(ReadOnlySpan<byte> body, out CertReqPayload payload, out ParseFault fault)
    {
        bool isSound = ParseFault.IsSound(Judge(body), PayloadType.CertReq, 0, out fault);
        payload = isSound ? new CertReqPayload(body) : default;
        return isSound;
    }

    // RFC 7296 §3.7 defines the field for encodings 4, 12 and 13 only.
    private static ParseFaultKind Judge(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
        {
            return ParseFaultKind.TooShort;
        }

        bool holdsHashes = (CertEncoding)body[0]
            is CertEncoding.X509Signature or CertEncoding.HashAndUrl or CertEncoding.HashAndUrlOfBundle;
        return holdsHashes && (body.Length - 1) % HashOctets != 0 ? ParseFaultKind.BadHashListLength : ParseFaultKind.None;
    }
}
