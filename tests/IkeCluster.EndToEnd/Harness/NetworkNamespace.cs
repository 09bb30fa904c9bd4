using System.Globalization;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>A network of the test's own: one Linux network namespace, gone when disposed.</summary>
internal sealed class NetworkNamespace : IAsyncDisposable
{
    private const string Prefix = "ike-e2e-";
    private static readonly Lazy<Task> Sweep = new(SweepStaleAsync);
    private static int _made;
    private static int _links;

    private NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    public static async Task<NetworkNamespace> CreateAsync()
    {
        await Sweep.Value;
        int number = Interlocked.Increment(ref _made);
        string name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{number}");
        (await Command.RunAsync("ip", "netns", "add", name)).OrThrow();
        NetworkNamespace made = new(name);
        await made.IpAsync("link", "set", "lo", "up");
        return made;
    }

    /// <summary>Lays a cable (a veth pair) to another namespace; returns the name of its end here, then there.</summary>
    public async Task<(string Here, string There)> ConnectAsync(NetworkNamespace other)
    {
        int number = Interlocked.Increment(ref _links);
        string here = string.Create(CultureInfo.InvariantCulture, $"cable{number}a");
        string there = string.Create(CultureInfo.InvariantCulture, $"cable{number}b");
        await IpAsync("link", "add", here, "type", "veth", "peer", "name", there, "netns", other.Name);
        await IpAsync("link", "set", here, "up");
        await other.IpAsync("link", "set", there, "up");
        return (here, there);
    }

    /// <summary>Gives a device addresses written as ADDRESS/PREFIX; IPv6 ones are usable at once (no DAD).</summary>
    public async Task AddAddressesAsync(string device, params string[] addresses)
    {
        foreach (string address in addresses)
        {
            bool isIpv6 = address.Contains(':', StringComparison.Ordinal);
            await IpAsync(["address", "add", address, "dev", device, .. isIpv6 ? ["nodad"] : Array.Empty<string>()]);
        }
    }

    public async Task<CommandResult> IpAsync(params string[] arguments) =>
        (await Command.RunAsync("ip", ["-n", Name, .. arguments])).OrThrow();

    /// <summary>Runs a program inside, to its end.</summary>
    public Task<CommandResult> RunAsync(params string[] commandLine) => Command.RunAsync("ip", Enter(commandLine));

    /// <summary>The arguments of <c>ip</c> that put a program inside; the process id stays that of the program.</summary>
    public string[] Enter(params string[] commandLine) => ["netns", "exec", Name, .. commandLine];

    public async ValueTask DisposeAsync()
    {
        await KillInsideAsync(Name);
        await Command.RunAsync("ip", "netns", "delete", Name);
    }

    /// <summary>A run that was killed leaves namespaces and daemons behind; the next one removes them.</summary>
    private static async Task SweepStaleAsync()
    {
        CommandResult list = await Command.RunAsync("ip", "netns", "list");
        foreach (string line in list.Output.Split('\n'))
        {
            string name = line.Split(' ')[0];
            string[] parts = name.Split('-');
            if (name.StartsWith(Prefix, StringComparison.Ordinal)
                && parts.Length == 4 && !Directory.Exists($"/proc/{parts[2]}"))
            {
                await KillInsideAsync(name);
                await Command.RunAsync("ip", "netns", "delete", name);
            }
        }
    }

    private static async Task KillInsideAsync(string name)
    {
        CommandResult pids = await Command.RunAsync("ip", "netns", "pids", name);
        foreach (string pid in pids.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await Command.RunAsync("kill", "-KILL", pid);
        }
    }
}
