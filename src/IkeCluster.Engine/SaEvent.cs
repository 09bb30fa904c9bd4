using IkeCluster.Engine.Children;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>What happened in the life of an IKE SA, told once, for log, audit and metrics. Holds no secret.</summary>
public abstract record SaEvent
{
    private SaEvent()
    {
    }

    /// <summary>An IKE_SA_INIT refused without state; strangers can bring on as many as they like.</summary>
    public sealed record InitRefused(DatagramPath Path, NotifyType With, string Cause) : SaEvent;

    public sealed record Established(IkeSaState State, string Method) : SaEvent;

    /// <summary><paramref name="Cause"/> is for the operator and never goes on the wire; <paramref name="Method"/> as in ike_auth_total.</summary>
    public sealed record LoginFailed(
        IkeSpi LocalSpi, DatagramPath Path, Identity? RemoteId, string? Connection, string Method, LoginFailure Failure, string Cause,
        Identity? EapId = null) : SaEvent;

    public sealed record ChildInstalled(IkeSaState State, ChildSa Child, EspSpi? Replaces) : SaEvent;

    /// <summary><paramref name="Detail"/>, if any, is for the operator: what the peer asked for, or what there was none of.</summary>
    public sealed record ChildRefused(IkeSaState State, string Cause, string Detail = "") : SaEvent;

    /// <summary>The peer asked for more than <c>limits</c> allows; <paramref name="Limit"/> is the key.</summary>
    public sealed record LimitReached(IkeSaState State, string Limit) : SaEvent;

    public sealed record ChildRemoved(IkeSaState State, ChildSa Child, ChildEndCause Cause) : SaEvent;

    /// <summary>
    /// The peer refuses a CREATE_CHILD_SA of ours. <paramref name="Kind"/>: RekeyIke, RekeyChild or CreateChild;
    /// <paramref name="Why"/> is None where its answer fits nothing that we offered; <paramref name="RetryAt"/>: when it is asked
    /// again; <paramref name="EndsAt"/>: the hard lifetime of what was to be replaced.
    /// </summary>
    public sealed record PeerRefused(
        IkeSaState State, OwnRequestKind Kind, string ChildName, NotifyType Why, Instant RetryAt, Instant EndsAt) : SaEvent;

    public sealed record IkeRekeyed(IkeSaState Old, IkeSaState New) : SaEvent;

    /// <summary>Both sides rekeyed the same SA at once; <paramref name="KeptOurs"/>: the peer's exchange held the lowest nonce.</summary>
    public sealed record Collided(IkeSaState State, string Sa, bool KeptOurs) : SaEvent;

    public sealed record Moved(IkeSaState State, DatagramPath From) : SaEvent;

    /// <summary>The client was sent to another gateway (RFC 5685), as IKE_AUTH ended or while its SA stood.</summary>
    public sealed record Redirected(IkeSaState State, string Gateway) : SaEvent;

    public sealed record Ended(IkeSaState State, EndCause Cause) : SaEvent;

    /// <summary>An algorithm that RFC 8247 or RFC 9395 discourage was negotiated because the connection names it.</summary>
    public sealed record WeakAlgorithm(IkeSpi LocalSpi, string Connection, string Algorithms) : SaEvent;

    /// <summary>One exchange answered, with what was made of it: ok, or the notify that refused it.</summary>
    public sealed record ExchangeDone(string Exchange, string Role, string Result) : SaEvent;
}

public enum LoginFailure : byte { WrongPsk, BadSignature, BadCertificate, UnknownIdentity, NoPolicy, Timeout, PeerGaveUp, Malformed, KeyExchangeRefused, OurFault, WrongPassword, WrongEapKey, AlreadyConnected, TooManySessions }

public enum EndCause : byte { PeerDelete, OperatorDelete, Rekeyed, NoAnswer, HalfOpenTimeout, Failed, MessageIdsExhausted, Redirected, Replaced, InitialContact, Expired }

/// <summary>Why a Child SA is over; PeerHasNone: the peer knows it no more (RFC 7296 §2.25.1).</summary>
public enum ChildEndCause : byte { PeerDelete, OperatorDelete, Expired, Rekeyed, PeerHasNone, IkeSaEnded }
