using System.Collections.Immutable;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Control;
using IkeCluster.DataPlane.None;
using IkeCluster.Net;
using IkeCluster.Node;
using IkeCluster.Node.Configuration;
using IkeCluster.Node.Control;
using IkeCluster.Node.Events;
using IkeCluster.Node.Health;
using IkeCluster.Node.Native;
using IkeCluster.Protocol.Values;

return await CommandLine.RunAsync(args, Console.Out, Console.Error, RunAsync);

// The parts of a node and how they are plugged together, from the first to be made to the last.
static async Task RunAsync(CommandLine.RunRequest request)
{
    NodeConfig config = request.Config;
    ProcessGuards.Apply(request.Debug);
    var levels = new LogLevels(config.Log.Level);
    using ILoggerFactory logs = NodeLogging.Create(config.Log, levels);
    ILogger log = logs.CreateLogger("node");
    foreach (ConfigFault warning in request.Warnings)
    {
        NodeLog.ConfigurationWarning(log, warning.ToString());
    }

    using var signals = new Signals();
    using var entropy = new OsEntropy();
    var clock = new NodeClock();
    var readiness = new Readiness();
    var metrics = new Metrics();

    using DataFolder folder = DataFolder.Open(config.Node.DataFolder);
    using NodeKeys keys = NodeKeys.Load(config.Cluster, config.Node.DataFolder, entropy, log);
    await using AuditLog audit = AuditLog.Open(config.Audit, log);
    ILogger storeLog = logs.CreateLogger("store");
    var storeHealth = new StoreHealth(storeLog, TimeProvider.System);
    var identities = new IdentityMask(config.Log.Identities, keys.IdentityKey);
    var events = new NodeEvents(config.Node.Name, logs.CreateLogger("sa"), identities, audit, metrics, storeHealth, TimeProvider.System);

    ImmutableArray<SocketSet> sockets = SocketSet.OpenAll(
        [.. config.Listen.Select(one => new ListenAddress(IpAddress.From(one.Address), one.Ike, one.Natt))], config.Node.Loops);
    await using NodeStore store = NodeStore.Open(config, keys.Cluster, entropy, storeHealth, storeLog);
    ImmutableArray<ShardClaim> claims = await store.Port.ClaimAsync(config.Node.Name, config.Cluster.Shards, CancellationToken.None);
    await store.ForgetPoolsAsync(config.Policy, storeLog);
    var pools = new AddressPools(config.Policy.Pools, await store.Port.ListLeasesAsync(CancellationToken.None));

    using var seal = new SpiSeal(keys.Cluster);
    using var slowWork = new SlowWorkPool(SlowWorkPool.DefaultThreads(Environment.ProcessorCount), log);
    var world = new LoopWorld(store.Port, slowWork, new NoDataPlane(), events, keys.Cluster, seal, entropy, clock);
    await using var loops = new LoopSet(world, config, sockets);
    var map = new ShardMap(claims, loops.Loops);

    string[] listen = [.. sockets[0].Endpoints.Select(endpoint => endpoint.ToString())];
    var desk = new NodeDesk(config, listen, loops, new SaDirectory(map, seal, store.Port), pools, clock, readiness, storeHealth);
    var logDesk = new LogDesk(levels, loops, identities, logs.CreateLogger(LogLevels.TraceCategory), clock);
    var reload = new Reload(config, request.Settings, changed =>
    {
        desk.Policy = changed.Policy;
        loops.Reconfigure(changed.Policy, changed.Admission);
        audit.Reopen();
        _ = store.ForgetPoolsAsync(changed.Policy, storeLog);
    }, log);
    signals.HangUp = () => reload.Run();

    await using WebApplication control = await ControlServer.StartAsync(config.Node.ControlSocket, desk, logDesk, reload, logs);
    await using WebApplication? page = await MetricsServer.StartAsync(config.Metrics, metrics, desk, logs);
    loops.Start(map, pools);

    readiness.Phase = NodePhase.Ready;
    SystemdNotify.Tell(SystemdNotify.Ready);
    Console.WriteLine($"ready: node {config.Node.Name} on UDP {string.Join(", ", listen)}, store {config.Store}, {ControlWords.Count(config.Policy.Connections.Length, "connection")}");

    await await Task.WhenAny(signals.Stop, loops.WatchAsync(log));

    readiness.Phase = NodePhase.Draining;
    SystemdNotify.Tell(SystemdNotify.Stopping);
    NodeLog.Draining(log, await signals.Stop, loops.HalfOpen);
    await Drain.WaitAsync(loops, config.Node.DrainTime);
    NodeLog.Closing(log);
}
