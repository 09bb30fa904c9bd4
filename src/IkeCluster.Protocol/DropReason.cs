namespace IkeCluster.Protocol;

/// <summary>Why a datagram was dropped without an answer; the label of <c>ike_dropped_total</c> in snake_case.</summary>
public enum DropReason : byte
{
    None,

    // In the kernel, before we could look at it
    SocketBufferFull,

    // Before admission
    Truncated, TooShort, TooLong, LengthMismatch, BadVersion, BadFlags, BadExchange, BadNextPayload,
    NatKeepalive, EspNotHandled, NotIke,

    // Admission
    BadSeal, DeadSpi, BadCookie, SourceRate, SourceHalfOpen, HalfOpenFull, Overload, MalformedInit,

    // Region and actors
    MailboxFull, TooOld, ShardNotOwned, Quarantined, Frozen, RateLimited, RequestRate,

    // Engine
    UnknownSpi, OldMessageId, FutureMessageId, UnexpectedExchange, UnexpectedResponse, BadIntegrity, Malformed,
    RequestInProgress, AddressChanged, FragmentRefused, FragmentStored, FragmentLimit, NotYetAuthenticated, SaClosed,

    // Egress
    SendFailed,
}
