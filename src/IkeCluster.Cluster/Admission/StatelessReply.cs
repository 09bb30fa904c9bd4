using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

/// <summary>The two answers that admission gives by itself, each a header and one Notify payload.</summary>
internal static class StatelessReply
{
    /// <summary>Header, generic payload header, the fixed part of Notify, and the longest cookie.</summary>
    public const int OctetsMax = IkeHeader.Octets + PayloadView.HeaderOctets + 4 + Limits.CookieOctetsMax;

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
    public static ReadOnlySpan<byte> InvalidMajorVersion(scoped IkeHeader request, Span<byte> into)
    {
        var writer = new PayloadWriter(into[IkeHeader.Octets..]);
        writer.Notify(NotifyType.InvalidMajorVersion);
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
