using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Children;

public enum ChildMode : byte { Tunnel, Transport }

/// <summary>One Child SA pair (RFC 7296 §1.3): ESP in both directions.</summary>
public sealed record ChildSa
{
    /// <summary>SPIs below are reserved (RFC 4303 §2.1).</summary>
    internal const uint ReservedSpis = 256;

    /// <summary>The name of the child's section in the connection.</summary>
    public required string Name { get; init; }

    /// <summary>Ours: what the peer's packets carry.</summary>
    public required EspSpi InboundSpi { get; init; }

    public required EspSpi OutboundSpi { get; init; }

    public required ChildMode Mode { get; init; }

    public required Proposal Proposal { get; init; }

    public required ImmutableArray<TrafficSelector> LocalTs { get; init; }

    public required ImmutableArray<TrafficSelector> RemoteTs { get; init; }

    /// <summary>Keys by sender; <see cref="IsInitiator"/> says which side we are.</summary>
    public required ChildKeys Keys { get; init; }

    /// <summary>True where we sent the request that made it.</summary>
    public required bool IsInitiator { get; init; }

    public required Instant InstalledAt { get; init; }

    /// <summary>When this side asks for a rekey; Never: it does not.</summary>
    public required Instant RekeyAt { get; init; }

    /// <summary><c>life_time</c> is over: deleted then, rekeyed or not.</summary>
    public Instant ExpireAt { get; init; } = Instant.Never;

    /// <summary>What the data plane counts towards; null: nothing.</summary>
    public ChildLimits? Limits { get; init; }

    /// <summary>Rekeys that the peer refused; they space the next.</summary>
    public byte RekeyTries { get; init; }

    /// <summary>An operator ends it; its Delete goes out as soon as no other request of ours is under way.</summary>
    public bool IsToBeDeleted { get; init; }

    /// <summary>Replaced by a rekey, waiting for its Delete.</summary>
    public bool IsRekeyed { get; init; }
}
