using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

/// <summary>
/// Judges each datagram before there is any state for it: in place, without allocation, and with one hash over a cookie
/// as its greatest cost (CONTRACT.md, guarantee 3). One for each loop: not thread-safe; the budgets are the node's.
/// </summary>
public sealed class FrontDoor(ClusterKeys keys, SpiSeal seal, SourceBudget sources, HalfOpenBudget halfOpen)
    : IDisposable
{
    private const byte MajorVersion = 2;

    private readonly Cookie _cookie = new(keys);
    private readonly byte[] _asked = new byte[Cookie.Octets];
    private readonly byte[] _reply = new byte[StatelessReply.OctetsMax];
    private readonly NoticeBudget _notices = new();

    /// <summary>The loop has more to do than time, so that sources past their budget are dropped.</summary>
    public bool IsLoopBehind { get; set; }

    /// <summary><c>ike.unprotected_notifies</c>: requests for an SA that there is not are told so.</summary>
    public bool TellsInvalidSpi { get; set; }

    /// <summary>Cookies asked for, brought and good, brought and not good: <c>ike_cookies_total</c>.</summary>
    public long CookiesAsked { get; private set; }

    public long CookiesAccepted { get; private set; }

    public long CookiesRefused { get; private set; }

    public Verdict Judge(scoped in DatagramPath path, scoped ReadOnlySpan<byte> datagram, Instant now) =>
        DatagramKinds.Tell(datagram, path.NonEspMarker) switch
        {
            DatagramKind.Ike => JudgeIke(path, datagram, path.NonEspMarker ? DatagramKinds.MarkerOctets : 0, now),
            DatagramKind.Keepalive => Verdict.Of(VerdictKind.Keepalive),
            DatagramKind.Esp => Verdict.Of(VerdictKind.Esp),
            _ => Verdict.Dropped(DropReason.NotIke),
        };

    /// <summary>
    /// INVALID_IKE_SPI for a request whose SA there is not (RFC 7296 §2.21.4); empty where none is owed. It is sent in clear,
    /// so it tells nothing that a stranger could not find out by waiting, is never longer than the request, answers only what
    /// looks like a request under protection, and has a rate for the loop and for each source.
    /// </summary>
    public ReadOnlySpan<byte> TellInvalidSpi(scoped in DatagramPath path, scoped ReadOnlySpan<byte> message, Instant now)
    {
        bool isOwed = TellsInvalidSpi && IkeHeader.TryRead(message, out IkeHeader header) && !header.IsResponse
            && !header.InitiatorSpi.IsZero && !header.ResponderSpi.IsZero && EncryptedPayload.TryLocate(message, out _, out _)
            && _notices.TryTake(now) && sources.TakeBare(path.Remote.Address, now);
        if (!isOwed)
        {
            return default;
        }

        IkeHeader.TryRead(message, out IkeHeader request);
        ReadOnlySpan<byte> reply = StatelessReply.InvalidIkeSpi(request, _reply);
        return reply.Length <= message.Length ? reply : default;
    }

    /// <summary>An INIT that was let in made a half-open SA.</summary>
    public void HalfOpenAdded(IpAddress source, bool hadValidCookie) => CountHalfOpen(source, hadValidCookie, 1);

    /// <summary>A half-open SA timed out or failed; <paramref name="isProved"/>: its source was known to be no forgery.</summary>
    public void HalfOpenRemoved(IpAddress source, bool isProved) => CountHalfOpen(source, isProved, -1);

    /// <summary>A half-open SA had a message under its keys: from here on it counts for its source, cookie or not.</summary>
    public void AddressProved(IpAddress source, bool hadValidCookie)
    {
        if (!hadValidCookie)
        {
            sources.CountHalfOpen(source, 1);
        }
    }

    /// <summary>A login ended otherwise than well, after its address was proved.</summary>
    public void LoginFailed(IpAddress source, Instant now) => sources.CountFailure(source, now);

    /// <summary>Whether a login that may take minutes may begin; <paramref name="isCounted"/>: its own SA counts already.</summary>
    public bool HasLoginRoom(IpAddress source, bool isCounted, Instant now) => sources.HasLoginRoom(source, isCounted, now);

    /// <summary>A half-open SA was authenticated: half open no longer, and its source gets its budget back.</summary>
    public void LoginSucceeded(IpAddress source, bool hadValidCookie, bool isProved = false)
    {
        CountHalfOpen(source, hadValidCookie || isProved, -1);
        sources.GiveBack(source, hadValidCookie);
    }

    public void Dispose() => _cookie.Dispose();

    private Verdict JudgeIke(scoped in DatagramPath path, scoped ReadOnlySpan<byte> datagram, int offset, Instant now)
    {
        ReadOnlySpan<byte> message = datagram[offset..];
        DropReason fault = IkeHeader.Check(message);
        if (!IkeHeader.TryRead(message, out IkeHeader header) || fault != DropReason.None)
        {
            return fault == DropReason.BadVersion ? JudgeVersion(path, header, message.Length, now) : Verdict.Dropped(fault);
        }

        return header.Exchange == ExchangeType.IkeSaInit
            ? JudgeInit(path, header, message, offset, now)
            : JudgeSpi(path, header, message, offset, now);
    }

    // RFC 7296 §2.5: a request of a higher version is told which one we speak; all else of another version is junk.
    // No answer is longer than what asked for it, or a forged source would be hit harder than we are.
    private Verdict JudgeVersion(scoped in DatagramPath path, scoped IkeHeader header, int octets, Instant now)
    {
        bool isAnswered = header.MajorVersion > MajorVersion && !header.IsResponse && octets >= StatelessReply.NoticeOctets;
        return isAnswered && sources.TakeBare(path.Remote.Address, now)
            ? Verdict.Answered(StatelessReply.InvalidMajorVersion(header, _reply))
            : Verdict.Dropped(isAnswered ? DropReason.SourceRate : DropReason.BadVersion);
    }

    // Our SPI stands in SPIr when the peer is the original initiator, else in SPIi (after a rekey that we began); that
    // is so in requests and in responses.
    private Verdict JudgeSpi(
        scoped in DatagramPath path, scoped IkeHeader header, scoped ReadOnlySpan<byte> message, int offset, Instant now)
    {
        ServiceClass serviceClass = header.Exchange switch
        {
            ExchangeType.IkeAuth or ExchangeType.IkeIntermediate => ServiceClass.Login,
            ExchangeType.CreateChildSa or ExchangeType.Informational => ServiceClass.Established,
            _ => ServiceClass.LateInit,
        };
        if (serviceClass == ServiceClass.LateInit)
        {
            return Verdict.Dropped(DropReason.BadExchange);
        }

        IkeSpi ours = header.IsInitiator ? header.ResponderSpi : header.InitiatorSpi;
        if (seal.TryOpen(ours, out ShardId shard))
        {
            return Verdict.To(shard, ours, offset, serviceClass);
        }

        ReadOnlySpan<byte> told = TellInvalidSpi(path, message, now);
        return told.IsEmpty ? Verdict.Dropped(DropReason.BadSeal) : Verdict.Answered(told, DropReason.BadSeal);
    }

    private Verdict JudgeInit(
        scoped in DatagramPath path,
        scoped IkeHeader header,
        scoped ReadOnlySpan<byte> message,
        int offset,
        Instant now)
    {
        if (message.Length > Limits.InitOctetsMax)
        {
            return Verdict.Dropped(DropReason.TooLong);
        }

        // RFC 7296 §2.2, §3.1. We begin no IKE SA by IKE_SA_INIT, so a response to one is nobody's.
        bool isRequest = header.IsInitiator && !header.IsResponse;
        bool isFirst = header.ResponderSpi.IsZero && header.MessageId == MessageId.Zero && !header.InitiatorSpi.IsZero;
        if (!isRequest || !isFirst)
        {
            return Verdict.Dropped(isRequest ? DropReason.MalformedInit : DropReason.UnexpectedResponse);
        }

        if (!InitRequest.TryRead(header, message, out InitRequest request))
        {
            return Verdict.Dropped(DropReason.MalformedInit);
        }

        return HasValidCookie(path, header, request, now)
            ? JudgeProven(path, offset, now)
            : JudgeBare(path, header, request, offset, now);
    }

    // RFC 7296 §2.6: a cookie that does not fit is ignored: the message is one without.
    private bool HasValidCookie(
        scoped in DatagramPath path, scoped IkeHeader header, scoped InitRequest request, Instant now)
    {
        if (request.Cookie.IsEmpty)
        {
            return false;
        }

        bool isValid = _cookie.Check(request.Cookie, request.Nonce, path.Remote.Address, header.InitiatorSpi, now);
        CookiesAccepted += isValid ? 1 : 0;
        CookiesRefused += isValid ? 0 : 1;
        return isValid;
    }

    private Verdict JudgeProven(scoped in DatagramPath path, int offset, Instant now)
    {
        if (halfOpen.IsFull)
        {
            return Verdict.Dropped(DropReason.HalfOpenFull);
        }

        IpAddress source = path.Remote.Address;
        return !sources.HasHalfOpenRoom(source) ? PastBudget(offset, hadValidCookie: true, DropReason.SourceHalfOpen)
            : !sources.TakeProven(source, now) ? PastBudget(offset, hadValidCookie: true, DropReason.SourceRate)
            : Verdict.Welcome(offset, hadValidCookie: true, ServiceClass.Init);
    }

    private Verdict JudgeBare(
        scoped in DatagramPath path, scoped IkeHeader header, scoped InitRequest request, int offset, Instant now)
    {
        bool isWithinRate = sources.TakeBare(path.Remote.Address, now);
        if (halfOpen.DemandsCookies(now) || (!isWithinRate && halfOpen.MayAskForCookies))
        {
            return AskForCookie(path, header, request, now);
        }

        if (halfOpen.IsFull)
        {
            return Verdict.Dropped(DropReason.HalfOpenFull);
        }

        return isWithinRate
            ? Verdict.Welcome(offset, hadValidCookie: false, ServiceClass.Init)
            : PastBudget(offset, hadValidCookie: false, DropReason.SourceRate);
    }

    private Verdict AskForCookie(
        scoped in DatagramPath path, scoped IkeHeader header, scoped InitRequest request, Instant now)
    {
        _cookie.Write(request.Nonce, path.Remote.Address, header.InitiatorSpi, now, _asked);
        CookiesAsked++;
        return Verdict.Answered(StatelessReply.Cookie(header.InitiatorSpi, _asked, _reply));
    }

    private Verdict PastBudget(int offset, bool hadValidCookie, DropReason reason) =>
        halfOpen.IsOverloaded || IsLoopBehind
            ? Verdict.Dropped(reason)
            : Verdict.Welcome(offset, hadValidCookie, ServiceClass.LateInit);

    private void CountHalfOpen(IpAddress source, bool isProved, int change)
    {
        halfOpen.Add(change);
        if (isProved)
        {
            sources.CountHalfOpen(source, change);
        }
    }
}
