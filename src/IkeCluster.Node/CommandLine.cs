using System.CommandLine;
using System.CommandLine.Invocation;
using IkeCluster.Control;
using IkeCluster.Net;
using IkeCluster.Node.Configuration;
using IkeCluster.Store;

namespace IkeCluster.Node;

/// <summary>
/// <c>ikenode [run] [--config FILE] [--set path.to.key=value]... [--debug]</c> and <c>ikenode check --config FILE</c>.
/// </summary>
internal static class CommandLine
{
    private const int Done = 0;
    private const int Refused = 1;
    private const int Usage = 2;
    private const string DefaultConfig = "cluster-config/dev.yaml";

    /// <summary>What a run needs to know of the command line; the configuration has no faults.</summary>
    internal sealed record RunRequest(NodeConfig Config, IReadOnlyList<ConfigFault> Warnings, IReadOnlyList<string> Settings, bool Debug);

    /// <summary>Does what was typed; <paramref name="run"/> is the node itself.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, Func<RunRequest, Task> run)
    {
        var config = new Option<string>("--config", "-c")
        {
            Description = "The configuration",
            HelpName = "FILE",
            Recursive = true,
            DefaultValueFactory = _ => DefaultConfig,
        };
        var settings = new Option<string[]>("--set")
        {
            Description = "Puts a value into the configuration; may be repeated",
            HelpName = "path.to.key=value",
            Recursive = true,
            DefaultValueFactory = _ => [],
        };
        var debug = new Option<bool>("--debug") { Description = "Allows core dumps and debuggers, which see keys", Recursive = true };
        var runCommand = new Command("run", "Serves IKEv2 (this is what ikenode does without a verb)");
        var check = new Command("check", "Reads the configuration and says what is wrong with it");
        var root = new RootCommand("A node of the IKEv2 responder cluster") { config, settings, debug, runCommand, check };

        Task<int> Run(ParseResult parsed) => RunNodeAsync(
            parsed.GetRequiredValue(config), parsed.GetRequiredValue(settings), parsed.GetValue(debug), error, run);
        root.SetAction((parsed, _) => Run(parsed));
        runCommand.SetAction((parsed, _) => Run(parsed));
        check.SetAction(parsed => Check(parsed.GetRequiredValue(config), parsed.GetRequiredValue(settings), output, error));

        ParseResult result = root.Parse(arguments);
        if (result.Action is ParseErrorAction)
        {
            await error.WriteLineAsync($"ikenode: {string.Join("; ", result.Errors.Select(fault => fault.Message))}");
            return Usage;
        }

        // Signals are the node's own business: it drains.
        return await result.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }

    private static int Check(string file, string[] settings, TextWriter output, TextWriter error)
    {
        var report = new ConfigReport();
        NodeConfig? config = ConfigFile.Load(file, settings, report);
        foreach (ConfigFault fault in report.Faults)
        {
            output.WriteLine(fault);
        }

        foreach (ConfigFault warning in report.Warnings)
        {
            error.WriteLine($"{warning.Place}: warning: {warning.What}");
        }

        if (config is null)
        {
            return Refused;
        }

        output.WriteLine($"{file}: good, {ControlWords.Count(config.Policy.Connections.Length, "connection")}, {ControlWords.Count(config.Policy.Pools.Length, "pool")}");
        return Done;
    }

    private static async Task<int> RunNodeAsync(
        string file, string[] settings, bool debug, TextWriter error, Func<RunRequest, Task> run)
    {
        var report = new ConfigReport();
        if (ConfigFile.Load(file, settings, report) is not { } config)
        {
            foreach (ConfigFault fault in report.Faults)
            {
                await error.WriteLineAsync($"ikenode: {fault}");
            }

            return Refused;
        }

        try
        {
            await run(new RunRequest(config, report.Warnings, settings, debug));
            return Done;
        }
        catch (Exception fault) when (fault is NodeFaultException or BindException or StoreException)
        {
            await error.WriteLineAsync($"ikenode: {fault.Message}");
            return Refused;
        }
    }
}
