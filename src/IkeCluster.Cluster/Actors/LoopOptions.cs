namespace IkeCluster.Cluster.Actors;

/// <summary>What of an event loop may be tuned; the defaults are for a node that serves strangers.</summary>
public sealed record LoopOptions
{
    /// <summary>How long an established SA must have been idle to leave memory; its row stands for it then.</summary>
    public TimeSpan PassivateAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Datagrams from other loops that may wait, each a copy.</summary>
    public int MailboxDatagramsMax { get; init; } = 4096;

    /// <summary>A datagram that waited longer is not worth an answer: the peer has repeated it or will.</summary>
    public TimeSpan DatagramAgeMax { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Mailbox messages of one <see cref="EventLoop.RunOnce"/>, so that the sockets get their turn.</summary>
    public int MessagesPerTurn { get; init; } = 1024;

    /// <summary>Deadlines of one <see cref="EventLoop.RunOnce"/>.</summary>
    public int TimersPerTurn { get; init; } = 512;

    /// <summary>Rows of the background load that are woken in one <see cref="EventLoop.RunOnce"/> without packets.</summary>
    public int RowsPerIdleTurn { get; init; } = 128;

    /// <summary>The same where packets came in since the last one.</summary>
    public int RowsPerBusyTurn { get; init; } = 8;

    /// <summary>Key contexts kept, one entry for each SA used lately.</summary>
    public int CiphersKept { get; init; } = 4096;
}
