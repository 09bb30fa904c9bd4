using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

/// <summary>The answers that admission gives by itself, each a header and one Notify payload.</summary>
internal static class StatelessReply
{
    /// <summary>Header, generic payload header, the fixed part of Notify, and the longest cookie.</summary>
    public const int OctetsMax = IkeHeader.Octets + PayloadView.HeaderOctets + 4 + Limits.CookieOctetsMax;

    /// <summary>An answer without data: header, generic payload header, the fixed part of Notify.</summary>
    public const int NoticeOctets = IkeHeader.Octets + PayloadView.HeaderOctets + 4;

    /// <summary>RFC 7296 §2.6: SPIr and message ID are zero, because there is no SA.</summary>
    public static ReadOnlySpan<byte> Cookie(IkeSpi initiatorSpi, ReadOnlySpan<byte> cookie, Span<byte> into)
    {
        var writer = new PayloadWriter(into[IkeHeader.Octets..]);
        writer.Notify(NotifyType.Cookie, cookie);
        int octets = IkeHeader.Octets + writer.Written;
        IkeHeader.Write(
            into,
            initiatorSpi,
            IkeSpi.Zero,
            writer.First,
            ExchangeType.IkeSaInit,
            HeaderFlags.Response,
            MessageId.Zero,
            (uint)octets);
        return into[..octets];
    }

    /// <summary>
    /// RFC 7296 §1.5: SPIs, message ID and exchange type are the request's; the header says which version we speak.
    /// </summary>
    public static ReadOnlySpan<byte> InvalidMajorVersion(scoped IkeHeader request, Span<byte> into) =>
        Notify(request, NotifyType.InvalidMajorVersion, into);

    /// <summary>RFC 7296 §1.5, 2.21.4: likewise, so that a peer whose SA is gone need not wait until it gives up.</summary>
    public static ReadOnlySpan<byte> InvalidIkeSpi(scoped IkeHeader request, Span<byte> into) =>
        Notify(request, NotifyType.InvalidIkeSpi, into);

    private static ReadOnlySpan<byte> Notify(scoped IkeHeader request, NotifyType type, Span<byte> into)
    {
        var writer = new PayloadWriter(into[IkeHeader.Octets..]);
        writer.Notify(type);
        int octets = IkeHeader.Octets + writer.Written;
        HeaderFlags flags = request.IsInitiator ? HeaderFlags.Response : HeaderFlags.Response | HeaderFlags.Initiator;
        IkeHeader.Write(
            into,
            request.InitiatorSpi,
            request.ResponderSpi,
            writer.First,
            request.Exchange,
            flags,
            request.MessageId,
            (uint)octets);
        return into[..octets];
    }
}
