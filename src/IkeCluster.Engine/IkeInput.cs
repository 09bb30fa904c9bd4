using System.Collections.Immutable;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>All that can happen to an IKE SA.</summary>
public abstract record IkeInput
{
    private IkeInput()
    {
    }

    /// <summary>
    /// One datagram without its non-ESP marker, header already checked by admission. The octets are lent for the turn
    /// and are deciphered in place.
    /// </summary>
    public sealed record Datagram(DatagramPath Path, Memory<byte> Message) : IkeInput;

    /// <summary>The answer to <see cref="IkeEffect.StartWork"/>.</summary>
    public sealed record WorkDone(Ticket Ticket, WorkResult Result) : IkeInput;

    /// <summary>
    /// The answer to <see cref="IkeEffect.LeaseAddresses"/>: one address for each request that could be met, in any
    /// order. They are the SA's own in the memory of this node; the commit makes them durable.
    /// </summary>
    public sealed record AddressesLeased(Ticket Ticket, ImmutableArray<LeasedAddress> Addresses) : IkeInput;

    /// <summary>
    /// The last step's commit was refused whole. Without <paramref name="Refusal"/> an address was taken meanwhile; with one
    /// the login has no place, and <paramref name="Refused"/> is the state that it would have had.
    /// </summary>
    public sealed record CommitConflict(SessionRefusal Refusal = SessionRefusal.None, IkeSaState? Refused = null) : IkeInput;

    /// <summary>A later login of the same identity put this SA out; the store keeps the mark until the SA has ended.</summary>
    public sealed record Displaced(Displacement How) : IkeInput;

    /// <summary>The time named by <see cref="Step.WakeAt"/> has come.</summary>
    public sealed record TimerFired : IkeInput;

    /// <summary>The state was read back from the store: after a restart, a takeover, a fault or passivation.</summary>
    /// <param name="AfterOwnerChange">The peer may be ahead of the row (DESIGN.md, Message IDs after a failover).</param>
    /// <param name="HeardAt">When the peer was heard last, where this process knows: the SA was only asleep.</param>
    public sealed record Recovered(bool AfterOwnerChange, Instant? HeardAt = null) : IkeInput;

    /// <summary>An operator has the IKE SA rekeyed, or one Child SA by name.</summary>
    public sealed record Rekey(string? ChildName = null) : IkeInput;

    /// <summary>The data plane has counted a Child SA up to a limit of its own (<see cref="Children.ChildLimits"/>).</summary>
    public sealed record ChildExpiring(EspSpi InboundSpi, bool IsHard) : IkeInput;

    /// <summary>An operator ends the IKE SA, or one Child SA by name.</summary>
    public sealed record Terminate(string? ChildName = null) : IkeInput;

    /// <summary>The node drains, and the client is to be sent to the gateway that the policy names (RFC 5685 §5).</summary>
    public sealed record Redirect : IkeInput;
}

/// <summary>An address of a pool, held by an SA.</summary>
public readonly record struct LeasedAddress(string Pool, IpAddress Address);
