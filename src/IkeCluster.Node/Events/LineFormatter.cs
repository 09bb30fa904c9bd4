using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace IkeCluster.Node.Events;

/// <summary>One line for each log message: plain text, or JSON with its values beside it.</summary>
internal sealed class LineFormatter(bool isJson, TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "ikenode";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        string time = clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        string level = Level(logEntry.LogLevel);
        string message = logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings(" ");
        string? fault = logEntry.Exception?.ToString();
        if (isJson)
        {
            textWriter.WriteLine(Json(time, level, logEntry.Category, message, fault, logEntry.State));
            return;
        }

        textWriter.WriteLine($"{time} {level,-7} {message}");
        if (fault is not null)
        {
            textWriter.WriteLine(fault);
        }
    }

    private static string Json<TState>(string time, string level, string category, string message, string? fault, TState state)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("time", time);
            json.WriteString("level", level);
            json.WriteString("category", category);
            json.WriteString("message", message);
            if (fault is not null)
            {
                json.WriteString("exception", fault);
            }

            foreach ((string key, object? value) in state as IReadOnlyList<KeyValuePair<string, object?>> ?? [])
            {
                if (key != "{OriginalFormat}")
                {
                    json.WriteString(JsonNamingPolicy.SnakeCaseLower.ConvertName(key), Convert.ToString(value, CultureInfo.InvariantCulture));
                }
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
