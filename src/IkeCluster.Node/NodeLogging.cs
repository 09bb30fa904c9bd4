using IkeCluster.Node.Configuration;
using IkeCluster.Node.Events;
using Microsoft.Extensions.Logging.Console;

namespace IkeCluster.Node;

/// <summary>The log: lines to standard error by a writer of its own, which loses lines rather than make a loop wait.</summary>
internal static class NodeLogging
{
    private const int LinesQueuedMax = 8192;

    public static ILoggerFactory Create(LogSettings settings) => LoggerFactory.Create(logging =>
    {
        logging.SetMinimumLevel(settings.Level).AddFilter("Microsoft", LogLevel.Warning);

        // What stops a server from starting is told in one line, by us.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
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
