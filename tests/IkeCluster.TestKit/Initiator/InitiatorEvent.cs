using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>What a turn of the initiator sends and what became known in it.</summary>
public readonly record struct InitiatorStep(ImmutableArray<OutgoingMessage> Send, ImmutableArray<InitiatorEvent> Events)
{
    /// <summary>The only event of a kind in this step.</summary>
    public T Single<T>()
        where T : InitiatorEvent => Events.OfType<T>().Single();
}

/// <summary>One datagram without its non-ESP marker; <paramref name="Path"/> says whether one belongs in front.</summary>
public sealed record OutgoingMessage(DatagramPath Path, byte[] Message);

/// <summary>What happened to the initiator.</summary>
public abstract record InitiatorEvent
{
    private InitiatorEvent()
    {
    }

    public sealed record Established(NegotiatedSa Sa) : InitiatorEvent;

    public sealed record ChildEstablished(InitiatorChild Child, bool ByPeer = false) : InitiatorEvent;

    public sealed record ChildRefused(NotifyType Refusal) : InitiatorEvent;

    /// <summary>The old one stays until it is deleted, by the side that did the rekey.</summary>
    public sealed record ChildRekeyed(InitiatorChild Old, InitiatorChild New, bool ByPeer = false) : InitiatorEvent;

    public sealed record ChildDeleted(InitiatorChild Child, bool ByPeer) : InitiatorEvent;

    public sealed record IkeRekeyed(NegotiatedSa Sa, bool ByPeer = false) : InitiatorEvent;

    /// <summary>Both sides rekeyed the same SA at once, and it is decided whose new one stays.</summary>
    public sealed record Collided(bool IsIke, bool OursStays) : InitiatorEvent;

    /// <summary>A CREATE_CHILD_SA that was to rekey the IKE SA was refused.</summary>
    public sealed record IkeRekeyRefused(NotifyType Refusal) : InitiatorEvent;

    public sealed record LivenessAnswered : InitiatorEvent;

    /// <summary>
    /// The answer to an address update. <paramref name="SeesNat"/>: the responder sees another source than the initiator
    /// sends from; null: it said nothing of it.
    /// </summary>
    public sealed record AddressesUpdated(NotifyType Refusal, bool? SeesNat, ImmutableArray<byte> Cookie) : InitiatorEvent;

    /// <summary>The responder asked something, and was answered.</summary>
    public sealed record PeerAsked(ExchangeType Exchange) : InitiatorEvent;

    /// <summary>The responder asked for an SA in CREATE_CHILD_SA, and this refused it.</summary>
    public sealed record PeerRefused(NotifyType Refusal) : InitiatorEvent;

    /// <summary>A status notification under protection, or REDIRECT in IKE_SA_INIT; it comes after what the message did.</summary>
    public sealed record Notified(ExchangeType Exchange, NotifyType Type, ImmutableArray<byte> Data) : InitiatorEvent;

    /// <summary>The answer to an injected request, as it was under its protection.</summary>
    public sealed record InjectionAnswered(MessageId Id, PayloadChain Answer) : InitiatorEvent;

    /// <summary>The IKE SA is gone.</summary>
    public sealed record Closed(bool ByPeer) : InitiatorEvent;

    /// <summary>The handshake came to nothing; <paramref name="Refusal"/> is None where the fault is not the responder's word.</summary>
    public sealed record Failed(string Cause, NotifyType Refusal = NotifyType.None) : InitiatorEvent;

    /// <summary>A datagram that had no effect.</summary>
    public sealed record Ignored(string Cause) : InitiatorEvent;
}

/// <summary>An established IKE SA, as the initiator sees it.</summary>
public sealed record NegotiatedSa
{
    public required IkeSpi InitiatorSpi { get; init; }

    public required IkeSpi ResponderSpi { get; init; }

    /// <summary>This side is the original initiator: false on an SA that came of the responder's rekey (RFC 7296 §2.18).</summary>
    public bool IsInitiator { get; init; } = true;

    public IkeSpi LocalSpi => IsInitiator ? InitiatorSpi : ResponderSpi;

    public IkeSpi PeerSpi => IsInitiator ? ResponderSpi : InitiatorSpi;

    public required Proposal Proposal { get; init; }

    public required Identity RemoteId { get; init; }

    /// <summary>How the responder proved itself.</summary>
    public required string RemoteAuth { get; init; }

    public ImmutableArray<IpAddress> VirtualIps { get; init; } = [];

    public ImmutableArray<IpAddress> DnsServers { get; init; } = [];

    /// <summary>INTERNAL_IP4_SUBNET and INTERNAL_IP6_SUBNET.</summary>
    public ImmutableArray<TrafficSelector> Subnets { get; init; } = [];

    /// <summary>All of CFG_REPLY, as it came.</summary>
    public ImmutableArray<CfgAttribute> Attributes { get; init; } = [];

    /// <summary>Status notifications of the responder in IKE_SA_INIT and IKE_AUTH.</summary>
    public ImmutableArray<NotifyType> PeerNotifies { get; init; } = [];

    /// <summary>AUTH_LIFETIME of the responder (RFC 4478), where it sent one.</summary>
    public TimeSpan? AuthLifetime { get; init; }

    public bool Fragmentation { get; init; }

    /// <summary>A NAT is in front of the initiator, or it said so.</summary>
    public bool LocalBehindNat { get; init; }

    public bool RemoteBehindNat { get; init; }
}

/// <summary>A Child SA pair of the initiator.</summary>
public sealed record InitiatorChild
{
    /// <summary>What the responder's packets carry.</summary>
    public required EspSpi InboundSpi { get; init; }

    public required EspSpi OutboundSpi { get; init; }

    public required Proposal Proposal { get; init; }

    public required ImmutableArray<TrafficSelector> LocalTs { get; init; }

    public required ImmutableArray<TrafficSelector> RemoteTs { get; init; }

    public bool IsTransport { get; init; }

    /// <summary>This side sent the request that made the pair: the initiator's half of <see cref="Keys"/> is its own.</summary>
    public bool IsInitiator { get; init; } = true;

    public required ChildKeys Keys { get; init; }
}
