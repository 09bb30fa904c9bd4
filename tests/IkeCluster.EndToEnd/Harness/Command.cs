using System.Diagnostics;
using System.Text;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>How a program that ran to its end came out.</summary>
internal sealed record CommandResult(string CommandLine, int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>Everything the program said, for a failing test to print.</summary>
    public string Transcript => $"$ {CommandLine}\n{Output}{Error}(exit {ExitCode})";

    public CommandResult OrThrow() =>
        Succeeded ? this : throw new InvalidOperationException($"command failed:\n{Transcript}");
}

/// <summary>Runs short programs (ip, swanctl, ikectl, nft) to their end.</summary>
internal static class Command
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(60);

    public static Task<CommandResult> RunAsync(string file, params string[] arguments) =>
        RunAsync(new CommandOptions(), file, arguments);

    public static async Task<CommandResult> RunAsync(CommandOptions options, string file, params string[] arguments)
    {
        using Process process = new() { StartInfo = StartInfo(options, file, arguments) };
        StringBuilder output = new();
        StringBuilder error = new();
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(error, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await process.StandardInput.WriteAsync(options.Input);
        process.StandardInput.Close();

        using CancellationTokenSource deadline = new(options.Timeout ?? DefaultTimeout);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException late)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"no end of: {file} {string.Join(' ', arguments)}\n{output}{error}", late);
        }

        return new CommandResult(
            $"{file} {string.Join(' ', arguments)}", process.ExitCode, output.ToString(), error.ToString());
    }

    private static ProcessStartInfo StartInfo(CommandOptions options, string file, string[] arguments)
    {
        ProcessStartInfo start = new(Tools.Find(file) ?? file, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in options.Environment ?? [])
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static void Append(StringBuilder into, string? line)
    {
        if (line is not null)
        {
            lock (into)
            {
                into.Append(line).Append('\n');
            }
        }
    }
}

/// <summary>What a short program is given besides its arguments.</summary>
internal sealed record CommandOptions(
    TimeSpan? Timeout = null, string Input = "", Dictionary<string, string>? Environment = null);
