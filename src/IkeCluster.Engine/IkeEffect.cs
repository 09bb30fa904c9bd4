using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>All that an IKE SA can ask of the world. Effects of one step are carried out in order.</summary>
public abstract record IkeEffect
{
    private IkeEffect()
    {
    }

    /// <summary>
    /// Send a message: one datagram, or several when it is fragmented (RFC 7383). Non-ESP markers are egress's business.
    /// </summary>
    public sealed record Send(DatagramPath Path, ImmutableArray<byte[]> Datagrams) : IkeEffect;

    /// <summary>Do a sum that takes long; answer with <see cref="IkeInput.WorkDone"/>. Never waits for a commit.</summary>
    public sealed record StartWork(Ticket Ticket, SlowWork Work) : IkeEffect;

    /// <summary>Find an address in one of the pools for each family asked; answer with <see cref="IkeInput.AddressesLeased"/>.</summary>
    public sealed record LeaseAddresses(Ticket Ticket, LeaseRequest Request) : IkeEffect;

    /// <summary>Give addresses back that were leased and never committed (a login that failed after the lease).</summary>
    public sealed record ReturnAddresses(ImmutableArray<LeasedAddress> Addresses) : IkeEffect;

    public sealed record InstallChild(ChildSa Child, DatagramPath Path) : IkeEffect;

    /// <summary>The peer's outer address, or what stands between it and us, changed: the pair of Child SAs goes along.</summary>
    public sealed record MoveChild(ChildSa Child, DatagramPath Path) : IkeEffect;

    public sealed record RemoveChild(ChildSa Child) : IkeEffect;

    /// <summary>An IKE rekey made a new SA in the same shard; its row is among <see cref="Step.Writes"/> of this step.</summary>
    public sealed record Spawn(IkeSaState State) : IkeEffect;

    /// <summary>A private value has served: it is wiped once the step that used it is durable.</summary>
    public sealed record Wipe(SecretBytes Secret) : IkeEffect;

    /// <summary>Something an operator may want to know: log, audit and metrics are made from it.</summary>
    public sealed record Report(SaEvent Event) : IkeEffect;
}

/// <summary>
/// What a CFG_REQUEST asked for: <paramref name="Identity"/> keys the sticky address; <paramref name="Wanted"/> is the
/// address the peer asks to have again, if any.
/// </summary>
public sealed record LeaseRequest(
    Identity Identity, ImmutableArray<string> Pools, bool WantsIpv4, bool WantsIpv6, ImmutableArray<IpAddress> Wanted)
{
    /// <summary>The session that asks: it may share what another of its pair holds, and null shares nothing (decision 0004).</summary>
    public SessionSeat? Seat { get; init; }

    /// <summary>No other SA of the pair will stay (<see cref="SessionRule.DisplacesAll"/>), so what one of them holds is the first choice.</summary>
    public bool DisplacesAll { get; init; }
}
