namespace IkeCluster.Simulation.Core;

/// <summary>What the world does to those who live in it, and what they went through; each is counted by its name.</summary>
internal static class Faults
{
    public const string Lost = "datagram lost";
    public const string Duplicated = "datagram duplicated";
    public const string Delayed = "datagram overtaken";
    public const string Corrupted = "datagram corrupted";
    public const string Rebound = "NAT rebound";
    public const string Roamed = "client roamed";
    public const string Replayed = "request replayed from elsewhere";
    public const string Stray = "datagram for a node that is down";
    public const string StoreSlow = "store slow";
    public const string StoreFailed = "store failed";
    public const string UnknownUnwritten = "outcome unknown, not written";
    public const string UnknownWritten = "outcome unknown, written";
    public const string LateCommit = "commit came twice";
    public const string ReadFailed = "read failed";
    public const string SumLate = "sum late";
    public const string SumRefused = "sum refused";
    public const string SumFailed = "sum failed";
    public const string SpiDrawnTwice = "SPI drawn twice";
    public const string CrashBeforeStore = "crash before the store has it";
    public const string CrashInStore = "crash after the store has it";
    public const string CrashAfterAnswer = "crash amid the effects";
    public const string CrashAnyTime = "crash at any time";
    public const string Superseded = "process superseded while it lives";
    public const string Recovered = "SA recovered";
    public const string Passivated = "SA woken from its row";
    public const string PeerVanished = "peer vanished";
    public const string PeerRejoined = "peer came back";
    public const string OperatorEnded = "SA ended by an operator";
    public const string CookieAsked = "cookie asked";
    public const string CookieStolen = "cookie stolen";
    public const string RepeatAnswered = "repeat answered";

    public const string ChildCollisionWon = "collision of child rekeys, the gateway's stays";
    public const string ChildCollisionLost = "collision of child rekeys, the client's stays";
    public const string IkeCollisionWon = "collision of IKE rekeys, the gateway's stays";
    public const string IkeCollisionLost = "collision of IKE rekeys, the client's stays";

    /// <summary>The least that a run must have reached to say anything.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Lost, Duplicated, Delayed, Corrupted, Rebound, Roamed, Replayed, Stray, StoreSlow, StoreFailed, UnknownUnwritten, UnknownWritten,
        LateCommit, ReadFailed, SumLate, SumRefused, SumFailed, SpiDrawnTwice, CrashBeforeStore, CrashInStore, CrashAfterAnswer,
        CrashAnyTime, Superseded, Recovered, Passivated, PeerVanished, PeerRejoined, OperatorEnded, CookieAsked, CookieStolen,
        RepeatAnswered,
        ChildCollisionWon, ChildCollisionLost, IkeCollisionWon, IkeCollisionLost,
        "ike_sa_init ok", "ike_auth ok", "create_child_sa ok", "informational ok", "create_child_sa ok of ours", "informational ok of ours",
    ];
}
