using System.CommandLine;
using System.CommandLine.Completions;
using System.Diagnostics;
using IkeCluster.Control;

namespace IkeCluster.Ctl;

/// <summary>
/// <c>ikectl config check|reload</c>. A check needs no running node: the parser is ikenode's, so its program is run.
/// </summary>
internal static class ConfigCommands
{
    public static Command Build(CtlContext context) => new("config", "Configuration")
    {
        BuildCheck(context),
        BuildReload(context),
    };

    private static Command BuildCheck(CtlContext context)
    {
        var file = new Argument<string>("FILE") { Description = "The configuration to read" };
        file.CompletionSources.Add(completion => FileNames(completion.WordToComplete));
        var command = new Command("check", "Reads a configuration and says what is wrong with it") { file };
        command.SetAction((parsed, stop) => CheckAsync(context, parsed.GetRequiredValue(file), stop));
        return command;
    }

    private static Command BuildReload(CtlContext context)
    {
        var command = new Command("reload", "Lets the node read its configuration again; established SAs stay");
        command.SetAction((parsed, stop) => context.AskAsync(
            parsed, HttpMethod.Post, ControlPaths.Reload, ControlJson.Default.ReloadReply,
            reply =>
            {
                context.Output.WriteLine($"reloaded, {ControlWords.Count(reply.Connections, "connection")}");
                foreach (string note in reply.Notes)
                {
                    context.Output.WriteLine(note);
                }
            },
            stop));
        return command;
    }

    /// <summary>What a shell offers next: folders with a slash, to go on from there.</summary>
    private static IEnumerable<CompletionItem> FileNames(string typed)
    {
        string folder = typed[..(typed.LastIndexOf('/') + 1)];
        string from = folder.Length == 0 ? "." : folder;
        return Directory.Exists(from)
            ? new DirectoryInfo(from).EnumerateFileSystemInfos($"{typed[folder.Length..]}*")
                .Select(found => $"{folder}{found.Name}{(found is DirectoryInfo ? "/" : "")}")
                .Order(StringComparer.Ordinal)
                .Select(name => new CompletionItem(name))
            : [];
    }

    private static async Task<int> CheckAsync(CtlContext context, string file, CancellationToken stop)
    {
        if (FindNode() is not { } node)
        {
            await context.Error.WriteLineAsync("ikectl: no ikenode beside ikectl or in PATH, which would read the file");
            return ExitCode.NoNode;
        }

        var start = new ProcessStartInfo(node) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (ReadOnlySpan<string>)["check", "--config", file])
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(stop);
        Task<string> error = process.StandardError.ReadToEndAsync(stop);
        await process.WaitForExitAsync(stop);
        await context.Output.WriteAsync(await output);
        await context.Error.WriteAsync(await error);
        return process.ExitCode;
    }

    /// <summary>Beside this program (installed, or in one image), in PATH, or where the build of this tree put it.</summary>
    private static string? FindNode()
    {
        string here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string built = here.Replace("/IkeCluster.Ctl/", "/IkeCluster.Node/", StringComparison.Ordinal);
        string[] folders = [here, .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), built];
        return folders.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, "ikenode")).FirstOrDefault(File.Exists);
    }
}
