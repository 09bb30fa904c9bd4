using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Cluster.Admission;

/// <summary>What admission wants to know of an IKE_SA_INIT request: nonce and cookie, read in place.</summary>
internal readonly ref struct InitRequest
{
    /// <summary>Ni; empty where there is none of 16 to 256 octets (RFC 7296 §3.9).</summary>
    public ReadOnlySpan<byte> Nonce { get; private init; }

    /// <summary>The cookie that came back; empty where there is none, or none that could be ours.</summary>
    public ReadOnlySpan<byte> Cookie { get; private init; }

    /// <summary>False: the chain of payloads is broken, or SA, KE or nonce is missing (RFC 7296 §1.2).</summary>
    public static bool TryRead(IkeHeader header, ReadOnlySpan<byte> message, out InitRequest request)
    {
        var reader = new PayloadReader(header.NextPayload, message[IkeHeader.Octets..]);
        ReadOnlySpan<byte> nonce = default;
        ReadOnlySpan<byte> cookie = default;
        bool hasSa = false;
        bool hasKe = false;
        while (reader.TryNext(out PayloadView payload))
        {
            hasSa |= payload.Type == PayloadType.Sa;
            hasKe |= payload.Type == PayloadType.Ke;
            nonce = payload.Type == PayloadType.Nonce ? payload.Body : nonce;
            cookie = payload.Offset == 0 ? CookieIn(payload) : cookie;
        }

        request = new InitRequest { Nonce = nonce, Cookie = cookie };
        return !reader.Fault.IsFault && hasSa && hasKe
            && nonce.Length is >= Limits.NonceOctetsMin and <= Limits.NonceOctetsMax;
    }

    // RFC 7296 §2.6: the cookie is the first payload, or it is none. Of other than 1 to 64 octets it is none either.
    private static ReadOnlySpan<byte> CookieIn(PayloadView first) =>
        first.Type == PayloadType.Notify
        && NotifyPayload.TryRead(first.Body, out NotifyPayload notify, out _)
        && notify.Type == NotifyType.Cookie
        && notify.Spi.IsEmpty
        && notify.Data.Length <= Limits.CookieOctetsMax
            ? notify.Data
            : default;
}
