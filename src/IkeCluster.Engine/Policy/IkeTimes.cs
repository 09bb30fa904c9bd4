namespace IkeCluster.Engine.Policy;

/// <summary>The <c>ike</c> section: strongswan.conf's retransmission schedule and the life of what is half done.</summary>
public sealed record IkeTimes
{
    public TimeSpan RetransmitTimeout { get; init; } = TimeSpan.FromSeconds(4);

    public double RetransmitBase { get; init; } = 1.8;

    public int RetransmitTries { get; init; } = 5;

    public TimeSpan HalfOpenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>In place of <see cref="HalfOpenTimeout"/> where the peer logs in by EAP: somebody may be typing a password.</summary>
    public TimeSpan EapTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>How long to wait before the try numbered <paramref name="tries"/> (0: the first repeat).</summary>
    public TimeSpan RetransmitAfter(int tries) => RetransmitTimeout * Math.Pow(RetransmitBase, tries);
}
