using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>
/// Rekeyed: another SA took its place. Redirected: its client was sent to another gateway by IKE_AUTH (RFC 5685 §6). Both wait for
/// the peer's Delete, until <see cref="IkeSaState.EndAt"/>.
/// </summary>
public enum SaPhase : byte { HalfOpen, Established, Rekeyed, Deleting, Redirected }

/// <summary>
/// All of one IKE SA. A step returns a new one: the value that is returned is the value that is committed. The hot part
/// (window, path) is small; the cold part (<see cref="Facts"/>, <see cref="Keys"/>) is shared from step to step.
/// </summary>
public sealed record IkeSaState
{
    public required IkeSpi LocalSpi { get; init; }

    public required IkeSpi PeerSpi { get; init; }

    public required SaPhase Phase { get; init; }

    /// <summary>Where the peer was last heard with a new authenticated message.</summary>
    public required DatagramPath Path { get; init; }

    /// <summary>Requests of the peer: what is expected, what was answered last.</summary>
    public required RequestWindow Window { get; init; }

    /// <summary>Our own requests: the next ID, and the one that waits for its answer.</summary>
    public required OwnRequests Own { get; init; }

    public required ImmutableArray<ChildSa> Children { get; init; }

    /// <summary>Further addresses of a peer that speaks MOBIKE (RFC 4555 §3.6).</summary>
    public ImmutableArray<IpAddress> PeerAddresses { get; init; } = [];

    /// <summary>The client is to be told to go to another gateway. Memory only: it is this node that drains.</summary>
    public bool IsToBeRedirected { get; init; }

    /// <summary>
    /// What was settled at login; only a MOBIKE move judges the NAT state among <see cref="SaFacts.Features"/> anew
    /// (RFC 4555 §3.5). Null while half-open.
    /// </summary>
    public SaFacts? Facts { get; init; }

    /// <summary>Null until the shared secret is computed.</summary>
    public IkeKeys? Keys { get; init; }

    /// <summary>The handshake under way; null once established. Memory only, never written.</summary>
    public Handshake? Handshake { get; init; }

    /// <summary>A request of the peer that waits for a sum or a lease. Memory only: a crash lets the peer repeat it.</summary>
    public PendingRequest? Pending { get; init; }

    /// <summary>CREATE_CHILD_SA requests of the peer lately, against <c>limits.rekeys_per_minute</c>. Memory only.</summary>
    public RateMeter Creates { get; init; }

    public Ticket LastTicket { get; init; }

    /// <summary>When an SA that was rekeyed or redirected is forgotten though the peer never deleted it; Never: it was not.</summary>
    public Instant EndAt { get; init; } = Instant.Never;

    /// <summary>Why this side deletes it; read only while it does.</summary>
    public EndCause DeletedFor { get; init; } = EndCause.OperatorDelete;

    /// <summary>
    /// By a later login of the same identity. Memory only, as is <see cref="LeavesAt"/>: the mark is in the store, and is told
    /// again after each recovery.
    /// </summary>
    public Displacement Displaced { get; init; }

    /// <summary>When we delete the SA whose client has logged in anew and has not deleted it; Never: it need not leave.</summary>
    public Instant LeavesAt { get; init; } = Instant.Never;

    /// <summary>
    /// After an owner change, until a request of the peer was committed (DESIGN.md, Message IDs after a failover). An answer to a
    /// request of ours tells where the peer is, but not which request of its own comes next.
    /// </summary>
    public bool IsCatchingUp { get; init; }

    /// <summary>
    /// In catch-up the peer has answered a request of ours: it lives, and stands at <see cref="Path"/>. Which ID its next
    /// request has is not known by that.
    /// </summary>
    public bool IsReached { get; init; }

    /// <summary>When a new authenticated message of the peer last came; half-open: when IKE_SA_INIT came.</summary>
    public required Instant HeardAt { get; init; }

    /// <summary>Version of the row that holds this state; 0: not written yet.</summary>
    public long RowVersion { get; init; }

    /// <summary>The proposal in force: settled by IKE_SA_INIT, or by the rekey that made this SA.</summary>
    public Proposal Proposal => Facts?.Proposal ?? Handshake!.Chosen;

    /// <summary>True where the original initiator is us; decides which keys and which SPI of the header are ours.</summary>
    public bool IsInitiator => Facts?.IsInitiator ?? false;

    /// <summary>What the peer's notifies said it can do.</summary>
    public PeerFeatures Features => Facts?.Features ?? Handshake!.Features;

    public bool IsEstablished => Phase != SaPhase.HalfOpen;
}

/// <summary>Of an established IKE SA: who, by what, since when.</summary>
public sealed record SaFacts
{
    public required string Connection { get; init; }

    public required Identity LocalId { get; init; }

    public required Identity RemoteId { get; init; }

    public Identity? EapId { get; init; }

    /// <summary>The chosen IKE proposal: one transform of each type.</summary>
    public required Proposal Proposal { get; init; }

    /// <summary>True where we are the original initiator: after an IKE rekey that we started.</summary>
    public required bool IsInitiator { get; init; }

    public required Instant EstablishedAt { get; init; }

    /// <summary>When a rekey is due; Never: no rekey.</summary>
    public required Instant RekeyAt { get; init; }

    /// <summary><c>over_time</c> past <c>rekey_time</c>: deleted then, unless a rekey came first.</summary>
    public Instant ExpireAt { get; init; } = Instant.Never;

    /// <summary>
    /// When the login is too old and the SA is deleted, unless the peer has come back with a new one: <c>reauth_time</c> and
    /// <c>over_time</c> after it (RFC 4478). A rekey does not move it.
    /// </summary>
    public Instant LoginEndsAt { get; init; } = Instant.Never;

    public required ImmutableArray<LeasedAddress> VirtualIps { get; init; }

    /// <summary>
    /// Where the peer logged in, which its answer to our IKE_SA_INIT has proved. A move proves nothing of the kind: the source of
    /// a datagram can be forged, and the answer to a request without a cookie foretold (RFC 4555 §3.7).
    /// </summary>
    public required IpAddress LoginAddress { get; init; }

    /// <summary>How the peer proved itself: psk, rsa, ecdsa, ed25519, eap-mschapv2…</summary>
    public required string AuthMethod { get; init; }

    public required PeerFeatures Features { get; init; }

    /// <summary>Who this is for uniqueness and leases: the authenticated EAP identity where there is one.</summary>
    public Identity PeerId => EapId ?? RemoteId;

    public SessionKey Session => SessionKey.Of(PeerId, Connection, LocalId);
}

/// <summary>What the peer's notifies said it can do.</summary>
[Flags]
public enum PeerFeatures : ushort
{
    None = 0,
    Fragmentation = 1,
    LocalBehindNat = 2,
    RemoteBehindNat = 4,
    Mobike = 8,
    MessageIdSync = 16,
    Redirect = 32,
    Childless = 64,
}
