namespace IkeCluster.Node.Events;

/// <summary>The levels of the log by the words of the configuration and of <c>ikectl log level</c>.</summary>
internal static class LogWords
{
    public static ReadOnlySpan<(string Word, LogLevel Level)> Levels => Entries;

    private static readonly (string Word, LogLevel Level)[] Entries =
    [
        ("trace", LogLevel.Trace), ("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warning", LogLevel.Warning), ("error", LogLevel.Error),
    ];

    public static bool TryLevel(string? word, out LogLevel level)
    {
        (string Word, LogLevel Level) found = Array.Find(Entries, entry => entry.Word == word);
        level = found.Level;
        return found.Word is not null;
    }
}
