using System.Text.Json.Serialization;

// This one file is linked into ikectl: it may use nothing but the base library.
namespace IkeCluster.Control;

/// <summary>The paths of the control socket; HTTP/1.1 and JSON. Everything that changes something is a POST.</summary>
internal static class ControlPaths
{
    public const string Status = "/v1/status";

    /// <summary>Takes <c>identity</c>, <c>address</c>, <c>node</c> and <c>limit</c>; behind a slash an SPI.</summary>
    public const string Sas = "/v1/sas";

    /// <summary>Of a list's answer: how many more there are past its limit.</summary>
    public const string MoreHeader = "Ike-More";

    /// <summary>Takes one of <c>spi</c> (with <c>child</c>), <c>identity</c> and <c>all=true</c>.</summary>
    public const string Terminate = "/v1/terminate";

    /// <summary>Takes <c>spi</c>, and <c>child</c> for its Child SAs of that name alone.</summary>
    public const string Rekey = "/v1/rekey";

    public const string Pools = "/v1/pools";

    /// <summary>Takes <c>category</c> and <c>level</c>, words of <see cref="ControlWords"/>.</summary>
    public const string LogLevel = "/v1/log/level";

    /// <summary>Takes <c>identity</c> or <c>address</c>, and <c>for</c>, a time as the configuration writes it.</summary>
    public const string LogTrace = "/v1/log/trace";

    public const string Reload = "/v1/config/reload";
}

/// <summary>Words that both ends of the control socket know.</summary>
internal static class ControlWords
{
    /// <summary>For all categories at once.</summary>
    public const string AllCategories = "all";

    /// <summary>The node as a whole; what happens to SAs; the store.</summary>
    public static readonly string[] LogCategories = ["node", "sa", "store"];

    public static readonly string[] LogLevels = ["trace", "debug", "info", "warning", "error"];

    /// <summary><c>1 connection</c>, <c>2 connections</c>.</summary>
    public static string Count(int number, string what) => FormattableString.Invariant($"{number} {what}{(number == 1 ? "" : "s")}");
}

/// <summary>
/// What <c>ikectl status</c> shows. <paramref name="State"/>: starting, ready, degraded or draining; <paramref name="Trouble"/>: why
/// it is degraded and what to do, or null.
/// </summary>
internal sealed record StatusReply(
    string Node, string Version, string State, string? Trouble, double UptimeS, string Config, string Store, int Shards, int Loops,
    IReadOnlyList<string> Listen, long HalfOpen, long Established, long ChildSas, long MemoryBytes);

/// <summary>One IKE SA, as <c>ikectl sa list -o json</c> prints it (CONTRACT.md); times in seconds, SPIs in hexadecimal.</summary>
internal sealed record SaInfo(
    string LocalSpi, string PeerSpi, string Connection, string State, string LocalId, string RemoteId, string? EapId,
    string LocalAddress, string RemoteAddress, IReadOnlyList<string> VirtualIps, string Proposal, long EstablishedS, long? RekeyInS,
    string Node, int Shard, IReadOnlyList<ChildInfo> Children);

/// <summary>One Child SA of an IKE SA; bytes are null where the data plane does not count them.</summary>
internal sealed record ChildInfo(
    string Name, string SpiIn, string SpiOut, string Mode, string Proposal, IReadOnlyList<string> LocalTs, IReadOnlyList<string> RemoteTs,
    long? BytesIn, long? BytesOut, long? RekeyInS);

/// <summary>How many IKE SAs were told to end; their peers are asked to agree, which may take a moment.</summary>
internal sealed record TerminateReply(int Matched);

/// <summary>How many IKE SAs were told to be rekeyed, or to rekey a Child SA.</summary>
internal sealed record RekeyReply(int Matched);

/// <summary>One address pool of the configuration. <paramref name="Sticky"/>: free, but kept for the identity that had it last.</summary>
internal sealed record PoolInfo(string Name, IReadOnlyList<string> Addrs, long Size, long Leased, long Sticky);

/// <summary>What is logged from here on, in words.</summary>
internal sealed record LogReply(string Note);

/// <summary>What came of a reload; <paramref name="Notes"/> names settings that only a restart changes.</summary>
internal sealed record ReloadReply(int Connections, IReadOnlyList<string> Notes);

/// <summary>Why something was refused: one line, or several where a configuration has several faults.</summary>
internal sealed record ErrorReply(IReadOnlyList<string> Errors);

/// <summary>JSON of the control socket: snake_case, null members kept, so that a reader always finds every key.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StatusReply))]
[JsonSerializable(typeof(SaInfo))]
[JsonSerializable(typeof(IReadOnlyList<SaInfo>))]
[JsonSerializable(typeof(TerminateReply))]
[JsonSerializable(typeof(RekeyReply))]
[JsonSerializable(typeof(IReadOnlyList<PoolInfo>))]
[JsonSerializable(typeof(LogReply))]
[JsonSerializable(typeof(ReloadReply))]
[JsonSerializable(typeof(ErrorReply))]
internal sealed partial class ControlJson : JsonSerializerContext;
