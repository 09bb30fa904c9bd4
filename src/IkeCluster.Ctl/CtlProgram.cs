using System.CommandLine;
using System.CommandLine.Invocation;

namespace IkeCluster.Ctl;

/// <summary>The command line of the operator; verbs of later releases are not shown until they exist.</summary>
internal static class CtlProgram
{
    /// <summary>Does what was typed and answers with an <see cref="ExitCode"/>.</summary>
    /// <param name="arguments">As typed.</param>
    /// <param name="output">What was asked for.</param>
    /// <param name="error">Why it could not be had.</param>
    /// <param name="connect">From an endpoint to something that carries HTTP there; a test puts a node of its own here.</param>
    public static async Task<int> RunAsync(
        string[] arguments, TextWriter output, TextWriter error, Func<ControlEndpoint, HttpMessageHandler> connect)
    {
        var context = new CtlContext(output, error, connect);
        ParseResult parsed = Build(context).Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            foreach (string message in parsed.Errors.Select(fault => fault.Message).Distinct())
            {
                await error.WriteLineAsync($"ikectl: {message}");
            }

            await error.WriteLineAsync($"ikectl: see \"{Path(parsed)} --help\"");
            return ExitCode.Usage;
        }

        if (context.IsFormatInVain(parsed))
        {
            await error.WriteLineAsync("ikectl: --output goes with verbs that read");
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration { Output = output, Error = error });
    }

    private static RootCommand Build(CtlContext context) => new("Asks and orders a node of the IKEv2 responder cluster")
    {
        context.Endpoint,
        context.Format,
        StatusCommand.Build(context),
        SaCommands.Build(context),
        PoolCommands.Build(context),
        ConfigCommands.Build(context),
        LogCommands.Build(context),
        CompletionCommand.Build(context),
    };

    /// <summary>The verbs typed so far: <c>ikectl sa list</c>.</summary>
    private static string Path(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (System.CommandLine.Parsing.SymbolResult? at = parsed.CommandResult; at is not null; at = at.Parent)
        {
            if (at is System.CommandLine.Parsing.CommandResult command)
            {
                names.Push(command.Command is RootCommand ? "ikectl" : command.Command.Name);
            }
        }

        return string.Join(' ', names);
    }
}
