using IkeCluster.Protocol;

namespace IkeCluster.Engine.Policy;

/// <summary>The <c>limits</c> section: what one peer that has logged in may cost; 0: no limit.</summary>
public sealed record IkeLimits
{
    /// <summary>The period of <see cref="RekeysPerMinute"/>.</summary>
    public static readonly TimeSpan RekeyPeriod = TimeSpan.FromMinutes(1);

    /// <summary>The period of <see cref="RequestsPerSecond"/>.</summary>
    public static readonly TimeSpan RequestPeriod = TimeSpan.FromSeconds(1);

    /// <summary>IKE SAs of one peer's identity, over all connections; 0: as many as it likes.</summary>
    public int SessionsPerIdentity { get; init; }

    /// <summary>
    /// CREATE_CHILD_SA requests of one peer, whatever they make or replace: each costs key exchange and commit. An IKE SA hands its
    /// count to the one that a rekey makes.
    /// </summary>
    public int RekeysPerMinute { get; init; } = 10;

    /// <summary>New requests of one IKE SA; repeats have a budget of their own.</summary>
    public int RequestsPerSecond { get; init; } = 50;

    /// <summary>Fragments of one message that are kept until it is whole; 0: as many as a message may have.</summary>
    public int FragmentsPerSa { get; init; } = Limits.FragmentsPerMessageMax;

    public int FragmentsMax => FragmentsPerSa == 0 ? Limits.FragmentsPerMessageMax : FragmentsPerSa;

    /// <summary>Child SAs of one IKE SA, those not counted that a rekey has replaced; 0: as many as can be.</summary>
    public int ChildrenPerSa { get; init; } = 16;

    /// <summary>The same with the most that a row can hold, twice over for rekeys under way.</summary>
    internal int ChildrenMax => ChildrenPerSa == 0 ? RowMax : ChildrenPerSa;

    /// <summary>A snapshot counts children in one octet.</summary>
    public const int RowMax = 120;
}
