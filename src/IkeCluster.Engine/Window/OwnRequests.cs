using System.Collections.Immutable;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Window;

/// <summary>Our own requests: one at a time (window of one), written with their octets before they are first sent.</summary>
public sealed record OwnRequests(MessageId NextId, OwnRequest? Pending = null)
{
    public static OwnRequests None { get; } = new(MessageId.Zero);

    /// <summary>A request that waits for its key pair. Memory only: after a crash it is begun anew.</summary>
    public OwnDraft? Draft { get; init; }

    /// <summary>Rekeys of the IKE SA that the peer refused, since the last one that it did not; they space the next.</summary>
    public byte IkeTries { get; init; }

    /// <summary>Child SAs that this side is to make, each when its time has come.</summary>
    public ImmutableArray<WantedChild> Wanted { get; init; } = [];

    /// <summary>
    /// Inbound SPIs of children that were dropped at the end of their lifetime while another request of ours was under way;
    /// their Deletes are to follow.
    /// </summary>
    public ImmutableArray<EspSpi> Dropped { get; init; } = [];

    /// <summary>True where nothing of ours is under way, so that another request may begin.</summary>
    public bool IsFree => Pending is null && Draft is null;
}

/// <summary>What a request of ours is for. The numbers are those of the snapshot.</summary>
public enum OwnRequestKind : byte
{
    Liveness = 0, DeleteIke = 1, DeleteChild = 2, RekeyChild = 3, RekeyIke = 4, CreateChild = 5, Redirect = 6,
}

/// <summary>A request of ours that waits for its answer (RFC 7296 §2.1): the same octets until it is answered or given up.</summary>
public sealed record OwnRequest(
    OwnRequestKind Kind, MessageId Id, ExchangeType Exchange, ImmutableArray<byte[]> Datagrams, EspSpi Child, int Tries, Instant RetransmitAt)
{
    /// <summary>When it was first sent; by this process, after a recovery. Memory only.</summary>
    public Instant SentAt { get; init; }

    /// <summary>What CREATE_CHILD_SA offered; null on INFORMATIONAL.</summary>
    public OwnOffer? Offer { get; init; }

    /// <summary>What the peer made of the same SA meanwhile; null: no clash.</summary>
    public Rival? Rival { get; init; }

    /// <summary>Fragments of the answer. Memory only: the answer is sent again when the request is.</summary>
    public Reassembly? Reassembly { get; init; }

    /// <summary>The answer, while its shared secret is computed. Memory only, as <see cref="Reassembly"/>.</summary>
    public OwnAnswer? Answer { get; init; }
}

/// <summary>
/// A section of <c>children</c> that has no Child SA and should have one; <paramref name="Tries"/>: so often refused, or deleted by
/// the peer. <paramref name="At"/> Never: there is one, or it is given up; the tries are kept, because they space the next.
/// </summary>
public sealed record WantedChild(string Name, Instant At, byte Tries = 0);

/// <summary>A CREATE_CHILD_SA of ours that waits for its key pair; <paramref name="ChildName"/> is empty for the IKE SA.</summary>
public sealed record OwnDraft(Ticket Ticket, OwnRequestKind Kind, EspSpi Child, string ChildName, KeyExchangeMethod Group);
