using IkeCluster.Node.Configuration;
using IkeCluster.Node.Events;
using Microsoft.Extensions.Logging.Console;

namespace IkeCluster.Node;

/// <summary>The log: lines to standard error by a writer of its own, which loses lines rather than make a loop wait.</summary>
internal static class NodeLogging
{
    private const int LinesQueuedMax = 8192;

    public static ILoggerFactory Create(LogSettings settings, LogLevels levels) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(LogLevel.Trace).AddFilter((category, level) => levels.IsEnabled(category, level));
        logging.AddConsole(console =>
        {
            console.FormatterName = LineFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
            console.MaxQueueLength = LinesQueuedMax;
        });
        logging.Services.AddSingleton<ConsoleFormatter>(new LineFormatter(settings.IsJson, TimeProvider.System));
    });
}
