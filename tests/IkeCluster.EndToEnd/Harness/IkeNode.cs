using System.Globalization;
using System.Text.Json;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>
/// One <c>ikenode</c> in a namespace with a folder of its own, which outlives the process: kill it, start it again, and
/// it finds its data.
/// </summary>
internal sealed class IkeNode : IAsyncDisposable
{
    private const string MetricsAddress = "127.0.0.1:9464";
    private static readonly HttpClient Http = new();
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(20);

    private readonly NetworkNamespace? _network;
    private readonly string[] _words;
    private readonly List<Daemon> _ended = [];
    private Daemon? _daemon;

    private IkeNode(NetworkNamespace? network, string[] words)
    {
        _network = network;
        _words = words;
    }

    public TemporaryFolder Folder { get; } = new();

    /// <summary>What the running process, or the last one, wrote to standard error.</summary>
    public string Log => (_daemon ?? _ended.LastOrDefault())?.Error ?? "";

    /// <summary>What every process of this node wrote, for the message of a failing test.</summary>
    public string Evidence => string.Concat(_ended.Append(_daemon).Select(run => run?.Output + run?.Error + "----\n"));

    public int ProcessId => Running.ProcessId;

    public string DataFolder => Folder["var"];

    private Daemon Running => _daemon ?? throw new InvalidOperationException("the node is not running");

    private string Endpoint => $"unix:{Path.Combine(DataFolder, "ikenode.sock")}";

    /// <summary>A node that has its configuration but does not run.</summary>
    public static IkeNode Prepare(NetworkNamespace? network, string configuration)
    {
        IkeNode node = new(network, ["run", "--config", "node.yaml"]);
        node.Folder.Write("node.yaml", configuration);
        return node;
    }

    /// <summary>A node as a new user starts it: no word on the command line, in a folder that holds what the repository does.</summary>
    public static IkeNode PrepareAsANewUser(NetworkNamespace network)
    {
        const string Configuration = "cluster-config/dev.yaml";
        IkeNode node = new(network, []);
        node.Folder.Write(Configuration, File.ReadAllText(Path.Combine(Repository.Root, Configuration)));
        return node;
    }

    public static async Task<IkeNode> StartAsync(NetworkNamespace? network, string configuration)
    {
        IkeNode node = Prepare(network, configuration);
        try
        {
            await node.StartAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the process and returns once it has printed <c>ready:</c>.</summary>
    public async Task StartAsync(params string[] options)
    {
        Launch(options);
        await Wait.UntilAsync(
            "the node's ready: line",
            () => Running.HasExited
                ? throw new InvalidOperationException($"the node ended instead of getting ready\n{Evidence}")
                : Running.Output.Contains("ready:", StringComparison.Ordinal),
            () => Evidence);
    }

    /// <summary>Starts a process that is expected to refuse; returns its exit code, and <see cref="Log"/> says why.</summary>
    public Task<int> StartInVainAsync(params string[] options)
    {
        Launch(options);
        return Running.WaitForExitAsync(Wait.Patience);
    }

    /// <summary>The same as a user without any right.</summary>
    public Task<int> StartInVainAsNobodyAsync()
    {
        Launch([], "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs");
        return Running.WaitForExitAsync(Wait.Patience);
    }

    /// <summary>Lets every user into the node's folder, as far as its own files allow.</summary>
    public void LetEverybodyIn()
    {
        const UnixFileMode Everybody = (UnixFileMode)0x1FF;
        File.SetUnixFileMode(Folder.Path, Everybody);
        Directory.CreateDirectory(DataFolder);
        File.SetUnixFileMode(DataFolder, Everybody);
    }

    public async Task Kill9Async()
    {
        await Running.Kill9Async();
        Forget();
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await Running.SignalAsync("TERM");
        int exitCode = await Running.WaitForExitAsync(DrainPatience);
        Forget();
        return exitCode;
    }

    public Task ReloadAsync() => Running.SignalAsync("HUP");

    public Task WaitForLogAsync(string words, TimeSpan? patience = null) =>
        Wait.UntilAsync(
            $"'{words}' in the node's log",
            () => Log.Contains(words, StringComparison.OrdinalIgnoreCase), () => Evidence, patience);

    /// <summary>Runs <c>ikectl</c> against this node.</summary>
    public Task<CommandResult> CtlAsync(params string[] arguments) =>
        Command.RunAsync(
            new CommandOptions(Environment: new() { ["IKECTL_ENDPOINT"] = Endpoint }), Repository.Ctl, arguments);

    /// <summary>What <c>ikectl sa list -o json</c> says.</summary>
    public async Task<JsonElement[]> ListSasAsync()
    {
        CommandResult listed = await CtlAsync("sa", "list", "-o", "json");
        Assert.True(listed.Succeeded, $"{listed.Transcript}\n{Evidence}");
        return [.. JsonDocument.Parse(listed.Output).RootElement.EnumerateArray()];
    }

    public Task WaitForSasAsync(string what, Func<JsonElement[], bool> looksRight, TimeSpan? patience = null) =>
        Wait.UntilAsync(what, async () => looksRight(await ListSasAsync()), () => Evidence, patience);

    /// <summary>The node's metrics: name with labels, and value.</summary>
    public async Task<Dictionary<string, double>> ReadMetricsAsync()
    {
        string page = _network is null
            ? await Http.GetStringAsync(new Uri($"http://{MetricsAddress}/metrics"))
            : (await _network.RunAsync("curl", "-sS", "--fail", $"http://{MetricsAddress}/metrics")).OrThrow().Output;
        Dictionary<string, double> metrics = [];
        foreach (string line in page.Split('\n'))
        {
            int end = line.LastIndexOf(' ');
            if (end > 0 && line[0] != '#')
            {
                metrics[line[..end]] = double.Parse(line[(end + 1)..], CultureInfo.InvariantCulture);
            }
        }

        return metrics;
    }

    /// <summary>The sum of one metric over all label sets that contain every given part, such as result="refused".</summary>
    public async Task<double> SumMetricAsync(string name, params string[] labels) =>
        (await ReadMetricsAsync())
            .Where(metric => metric.Key == name || metric.Key.StartsWith(name + "{", StringComparison.Ordinal))
            .Where(metric => labels.All(label => metric.Key.Contains(label, StringComparison.Ordinal)))
            .Sum(metric => metric.Value);

    /// <summary>How many lines of the audit file tell this event.</summary>
    public int CountAudit(string what) => File.ReadLines(Folder["var/audit.jsonl"])
        .Count(line => line.Contains($"\"event\":\"{what}\"", StringComparison.Ordinal));

    /// <summary>Memory that is resident now, in octets.</summary>
    public long ReadResidentOctets()
    {
        string line = File.ReadLines($"/proc/{ProcessId}/status")
            .First(status => status.StartsWith("VmRSS:", StringComparison.Ordinal));
        string kibibytes = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        return long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024;
    }

    public async ValueTask DisposeAsync()
    {
        Forget();
        foreach (Daemon daemon in _ended)
        {
            await daemon.DisposeAsync();
        }

        Folder.Dispose();
    }

    private void Launch(string[] options, params string[] prefix)
    {
        Forget();
        _daemon = Daemon.Start(
            _network, [.. prefix, Repository.Node, .. _words, .. options],
            workingFolder: Folder.Path);
    }

    private void Forget()
    {
        if (_daemon is not null)
        {
            _ended.Add(_daemon);
            _daemon = null;
        }
    }
}
