using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

/// <summary>What is to be done with a datagram.</summary>
public enum VerdictKind : byte
{
    /// <summary>Nothing, but to count <see cref="Verdict.Drop"/>.</summary>
    Drop,

    /// <summary>Send <see cref="Verdict.Reply"/> back and forget it.</summary>
    Reply,

    /// <summary>An IKE_SA_INIT request: a new SA may begin.</summary>
    Init,

    /// <summary>It carries an SPI that this cluster made.</summary>
    ToShard,

    /// <summary>A NAT keepalive: it did its work on the way here (RFC 3948 §4).</summary>
    Keepalive,

    /// <summary>ESP in UDP.</summary>
    Esp,
}

/// <summary>Who goes first when there is more to do than time, in rising order (DESIGN.md, ShardRegion).</summary>
public enum ServiceClass : byte
{
    /// <summary>A new login from a source past its budget.</summary>
    LateInit,
    Init,

    /// <summary>IKE_INTERMEDIATE and IKE_AUTH of a half-open SA that has been paid for.</summary>
    Login,
    Established,
}

/// <summary>The front door's judgement of one datagram. Valid until the next one is judged.</summary>
public readonly ref struct Verdict
{
    public VerdictKind Kind { get; private init; }

    /// <summary>Why, where <see cref="Kind"/> is Drop, or where the reply tells that it was dropped.</summary>
    public DropReason Drop { get; private init; }

    /// <summary>Where an SPI of ours says that its SA lives.</summary>
    public ShardId Shard { get; private init; }

    /// <summary>The SPI of ours.</summary>
    public IkeSpi LocalSpi { get; private init; }

    /// <summary>Octets in front of the IKE message: 4 where there is a non-ESP marker.</summary>
    public int MessageOffset { get; private init; }

    /// <summary>The INIT's source has proved that it receives at its address.</summary>
    public bool HadValidCookie { get; private init; }

    public ServiceClass Class { get; private init; }

    /// <summary>The stateless answer, without non-ESP marker, in the front door's own memory.</summary>
    public ReadOnlySpan<byte> Reply { get; private init; }

    internal static Verdict Dropped(DropReason reason) => new() { Kind = VerdictKind.Drop, Drop = reason };

    internal static Verdict Answered(ReadOnlySpan<byte> reply, DropReason reason = DropReason.None) =>
        new() { Kind = VerdictKind.Reply, Reply = reply, Drop = reason };

    internal static Verdict Of(VerdictKind kind) => new() { Kind = kind };

    internal static Verdict Welcome(int messageOffset, bool hadValidCookie, ServiceClass serviceClass) => new()
    {
        Kind = VerdictKind.Init,
        MessageOffset = messageOffset,
        HadValidCookie = hadValidCookie,
        Class = serviceClass,
    };

    internal static Verdict To(ShardId shard, IkeSpi localSpi, int messageOffset, ServiceClass serviceClass) => new()
    {
        Kind = VerdictKind.ToShard,
        Shard = shard,
        LocalSpi = localSpi,
        MessageOffset = messageOffset,
        Class = serviceClass,
    };
}
