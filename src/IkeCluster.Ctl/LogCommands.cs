using System.CommandLine;
using IkeCluster.Control;

namespace IkeCluster.Ctl;

/// <summary><c>ikectl log level|trace</c>.</summary>
internal static class LogCommands
{
    public static Command Build(CtlContext context) => new("log", "What the node writes to its log, until its next start")
    {
        BuildLevel(context),
        BuildTrace(context),
    };

    private static Command BuildLevel(CtlContext context)
    {
        string[] categories = [.. ControlWords.LogCategories, ControlWords.AllCategories];
        var category = new Argument<string>("CATEGORY") { Description = string.Join(", ", categories) };
        category.AcceptOnlyFromAmong(categories);
        var level = new Argument<string>("LEVEL") { Description = string.Join(", ", ControlWords.LogLevels) };
        level.AcceptOnlyFromAmong(ControlWords.LogLevels);
        var command = new Command("level", "From which level on a category is written") { category, level };
        command.SetAction((parsed, stop) => AskAsync(
            context, parsed,
            CtlContext.WithQuery(ControlPaths.LogLevel, ("category", parsed.GetValue(category)), ("level", parsed.GetValue(level))), stop));
        return command;
    }

    private static Command BuildTrace(CtlContext context)
    {
        var identity = new Option<string?>("--identity") { Description = "SAs of this identity; * stands for any characters", HelpName = "I" };
        var address = new Option<string?>("--address") { Description = "SAs with this address, outer or virtual", HelpName = "A" };
        var span = new Option<string>("--for") { Description = "Ends by itself after this time", HelpName = "10m", DefaultValueFactory = _ => "10m" };
        var command = new Command("trace", "Writes every message of some SAs to the log: its payloads by name and size, and what came of it")
        {
            identity, address, span,
        };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(identity) is null) == (result.GetValue(address) is null))
            {
                result.AddError("say whom to trace: --identity I or --address A, one of them");
            }
        });
        command.SetAction((parsed, stop) => AskAsync(
            context, parsed,
            CtlContext.WithQuery(
                ControlPaths.LogTrace, ("identity", parsed.GetValue(identity)), ("address", parsed.GetValue(address)), ("for", parsed.GetValue(span))),
            stop));
        return command;
    }

    private static Task<int> AskAsync(CtlContext context, ParseResult parsed, string path, CancellationToken stop) => context.AskAsync(
        parsed, HttpMethod.Post, path, ControlJson.Default.LogReply, reply => context.Output.WriteLine(reply.Note), stop);
}
