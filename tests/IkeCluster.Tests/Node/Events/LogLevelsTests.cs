using IkeCluster.Control;
using IkeCluster.Node;
using IkeCluster.Node.Configuration;
using IkeCluster.Node.Events;
using Microsoft.Extensions.Logging;

namespace IkeCluster.Tests.Node.Events;

/// <summary><c>ikectl log level</c>: a level of one category, while the node runs.</summary>
public sealed class LogLevelsTests
{
    private readonly LogLevels _levels = new(LogLevel.Warning);

    [Fact]
    public void A_category_changes_alone_and_all_change_together()
    {
        _levels.Set("sa", LogLevel.Debug);
        Assert.Equal((true, false), (_levels.IsEnabled("sa", LogLevel.Debug), _levels.IsEnabled("store", LogLevel.Information)));

        _levels.Set(ControlWords.AllCategories, LogLevel.Error);
        Assert.All(ControlWords.LogCategories, category => Assert.False(_levels.IsEnabled(category, LogLevel.Warning)));
    }

    [Fact]
    public void A_trace_is_written_at_any_level_and_a_library_only_from_its_warnings_on()
    {
        _levels.Set(ControlWords.AllCategories, LogLevel.Error);
        Assert.True(_levels.IsEnabled(LogLevels.TraceCategory, LogLevel.Information));

        _levels.Set(ControlWords.AllCategories, LogLevel.Trace);
        Assert.False(_levels.IsEnabled("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Information));
        Assert.False(_levels.IsEnabled("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical));
    }

    [Fact]
    public void A_logger_that_was_there_before_obeys()
    {
        using ILoggerFactory logs = NodeLogging.Create(new LogSettings(LogLevel.Warning, IsJson: false, IdentityStyle.Hash), _levels);
        ILogger log = logs.CreateLogger("sa");
        Assert.False(log.IsEnabled(LogLevel.Debug));

        _levels.Set("sa", LogLevel.Debug);

        Assert.True(log.IsEnabled(LogLevel.Debug));
    }

    [Fact]
    public void Both_ends_know_the_same_levels() =>
        Assert.Equal(ControlWords.LogLevels, LogWords.Levels.ToArray().Select(entry => entry.Word));
}
