using System.Collections.Concurrent;
using IkeCluster.Control;

namespace IkeCluster.Node.Events;

/// <summary>From which level on each category of the log is written; changed while the node runs, until its next start.</summary>
internal sealed class LogLevels
{
    /// <summary>What an operator asked to see is written at any level.</summary>
    public const string TraceCategory = "trace";

    private const string Foreign = "Microsoft";

    /// <summary>What stops a server from starting is told in one line, by us.</summary>
    private const string Hosting = "Microsoft.Extensions.Hosting";

    private readonly ConcurrentDictionary<string, LogLevel> _levels = new(StringComparer.Ordinal);

    public LogLevels(LogLevel level) => Set(ControlWords.AllCategories, level);

    public void Set(string category, LogLevel level)
    {
        foreach (string one in category == ControlWords.AllCategories ? ControlWords.LogCategories : [category])
        {
            _levels[one] = level;
        }
    }

    public bool IsEnabled(string? category, LogLevel level) => category switch
    {
        null => true,
        TraceCategory => true,
        _ when category.StartsWith(Hosting, StringComparison.Ordinal) => false,
        _ when category.StartsWith(Foreign, StringComparison.Ordinal) => level >= LogLevel.Warning,
        _ => level >= _levels.GetValueOrDefault(category, LogLevel.Information),
    };
}
