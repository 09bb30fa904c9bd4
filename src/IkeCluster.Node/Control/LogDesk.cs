using IkeCluster.Control;
using IkeCluster.Node.Configuration;
using IkeCluster.Node.Events;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Control;

/// <summary>Changes what is logged while the node runs: <c>ikectl log</c>.</summary>
internal sealed class LogDesk(LogLevels levels, LoopSet loops, IdentityMask identities, ILogger traces, NodeClock clock)
{
    private static readonly TimeSpan LongestTrace = TimeSpan.FromHours(24);

    /// <summary>A word that names no category or no level is refused with those that do.</summary>
    public LogReply? SetLevel(string? category, string? level, out string fault)
    {
        fault = "";
        bool isKnown = category == ControlWords.AllCategories || ControlWords.LogCategories.Contains(category, StringComparer.Ordinal);
        if (!isKnown)
        {
            fault = $"\"{category}\" is no category of the log, write {string.Join(", ", ControlWords.LogCategories)} or {ControlWords.AllCategories}";
        }
        else if (LogWords.TryLevel(level, out LogLevel parsed))
        {
            levels.Set(category!, parsed);
            return new LogReply($"{category}: {level}, until the node's next start");
        }
        else
        {
            fault = $"\"{level}\" is no level, write {string.Join(", ", ControlWords.LogLevels)}";
        }

        return null;
    }

    public LogReply? Trace(SaFilter filter, string? span, out string fault)
    {
        fault = FaultOf(filter, span, out TimeSpan time);
        if (fault.Length > 0)
        {
            return null;
        }

        Instant until = clock.Now + time;
        loops.Trace(new SaTrace(filter, identities, traces), until);
        return new LogReply($"tracing into the node's log until {until.ToUtc():yyyy-MM-dd HH:mm:ss} UTC");
    }

    /// <summary>What would trace nobody, or for ever; empty: nothing.</summary>
    internal static string FaultOf(SaFilter filter, string? span, out TimeSpan time)
    {
        time = TimeSpan.Zero;
        return filter switch
        {
            { Identity: null, Address: null } => "say whom to trace: identity or address",
            { Identity: { } identity } when string.IsNullOrWhiteSpace(identity) => "the identity is empty, write whose SAs to trace; * stands for any characters",
            { Address: { } address } when !ConfigText.TryAddress(address, out _) => $"\"{address}\" is not an address, write one such as 192.0.2.7 or 2001:db8::7",
            _ when !ConfigText.TryDuration(span ?? "", out time) || time <= TimeSpan.Zero || time > LongestTrace =>
                $"\"{span}\" is not a time to trace for, {ConfigText.DurationHint}, 24h at most",
            _ => "",
        };
    }
}
