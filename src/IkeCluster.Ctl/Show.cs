using System.Globalization;

namespace IkeCluster.Ctl;

/// <summary>Numbers as people read them, for tables; JSON has them plain.</summary>
internal static class Show
{
    /// <summary>The two largest units: <c>3d4h</c>, <c>12m5s</c>.</summary>
    public static string Span(double? seconds)
    {
        if (seconds is not { } value)
        {
            return "-";
        }

        var span = TimeSpan.FromSeconds(Math.Abs(Math.Round(value)));
        string text = span switch
        {
            { TotalDays: >= 1 } => $"{(int)span.TotalDays}d{span.Hours}h",
            { TotalHours: >= 1 } => $"{span.Hours}h{span.Minutes}m",
            { TotalMinutes: >= 1 } => $"{span.Minutes}m{span.Seconds}s",
            _ => $"{span.Seconds}s",
        };
        return value < 0 ? $"-{text}" : text;
    }

    /// <summary>How long until something that may be late.</summary>
    public static string Until(double? seconds) => seconds <= 0 ? "due" : Span(seconds);

    public static string Count(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Bytes(long? bytes) => bytes switch
    {
        null => "-",
        < 10 * 1024 => $"{bytes} B",
        < 10 * 1024 * 1024 => $"{bytes / 1024} KiB",
        _ => $"{bytes / (1024 * 1024)} MiB",
    };

    public static string List(IReadOnlyCollection<string> items) => items.Count == 0 ? "-" : string.Join(", ", items);
}
