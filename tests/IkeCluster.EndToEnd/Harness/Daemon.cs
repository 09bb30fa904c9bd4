using System.Diagnostics;
using System.Globalization;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>A long-running program under test: its lines are kept, and it ends with the test.</summary>
internal sealed class Daemon : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _output = [];
    private readonly List<string> _error = [];

    private Daemon(ProcessStartInfo start) => _process = new Process { StartInfo = start };

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Text(_output);

    public string Error => Text(_error);

    /// <summary>Starts a program inside a namespace; null: on this machine's own network, for loopback only.</summary>
    public static Daemon Start(
        NetworkNamespace? network,
        string[] commandLine,
        Dictionary<string, string>? environment = null,
        string? workingFolder = null)
    {
        ProcessStartInfo start = network is null
            ? new(commandLine[0], commandLine[1..])
            : new(Tools.Find("ip")!, network.Enter(commandLine));
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = workingFolder ?? "";
        foreach ((string name, string value) in environment ?? [])
        {
            start.Environment[name] = value;
        }

        Daemon daemon = new(start);
        daemon.Start();
        return daemon;
    }

    public async Task SignalAsync(string signal) =>
        await Command.RunAsync("kill", $"-{signal}", ProcessId.ToString(CultureInfo.InvariantCulture));

    /// <summary>What a crash looks like to everybody else: kill -9, and the process is gone on return.</summary>
    public async Task Kill9Async()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task<int> WaitForExitAsync(TimeSpan patience)
    {
        using CancellationTokenSource deadline = new(patience);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"the process did not end within {patience}\n{Output}{Error}");
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await Kill9Async();
        }

        _process.Dispose();
    }

    private void Start()
    {
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_error, line.Data);
        _process.Start();
        _process.StandardInput.Close();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private static void Keep(List<string> lines, string? line)
    {
        if (line is not null)
        {
            lock (lines)
            {
                lines.Add(line);
            }
        }
    }

    private static string Text(List<string> lines)
    {
        lock (lines)
        {
            return string.Concat(lines.Select(line => line + "\n"));
        }
    }
}
