using IkeCluster.Control;
using IkeCluster.Node.Events;

namespace IkeCluster.Node.Configuration;

/// <summary>
/// Reads the configuration again, with the <c>--set</c> of the start. A configuration with a fault changes nothing. What is
/// about peers, <c>ike</c>, <c>limits</c>, <c>redirect</c> and <c>admission</c> hold from then on, and the audit file is opened
/// again; the rest waits for a restart, and is named.
/// </summary>
internal sealed class Reload(NodeConfig started, IReadOnlyList<string> settings, Action<NodeConfig> apply, ILogger log)
{
    private readonly Lock _lock = new();

    /// <summary>The faults, or none with notes and the number of connections. Never throws: a signal's thread has nobody to tell.</summary>
    public ReloadOutcome Run()
    {
        lock (_lock)
        {
            try
            {
                return ReadAgain();
            }
            catch (Exception fault)
            {
                string line = $"a fault of ours: {fault.GetType().Name}, {fault.Message.ReplaceLineEndings(" ")}";
                NodeLog.ReloadRefused(log, line);
                return new ReloadOutcome([line], [], 0);
            }
        }
    }

    private ReloadOutcome ReadAgain()
    {
        var report = new ConfigReport();
        if (ConfigFile.Load(started.File, settings, report) is not { } config)
        {
            string[] faults = [.. report.Faults.Select(fault => fault.ToString())];
            Array.ForEach(faults, fault => NodeLog.ReloadRefused(log, fault));
            return new ReloadOutcome(faults, [], 0);
        }

        foreach (ConfigFault warning in report.Warnings)
        {
            NodeLog.ConfigurationWarning(log, warning.ToString());
        }

        string[] waiting = [.. NeedRestart(config)];
        Array.ForEach(waiting, section => NodeLog.NeedsRestart(log, section));
        apply(config);
        NodeLog.Reloaded(log, ControlWords.Count(config.Policy.Connections.Length, "connection"));
        return new ReloadOutcome([], [.. waiting.Select(section => $"{section} changed, which only a restart applies")], config.Policy.Connections.Length);
    }

    private IEnumerable<string> NeedRestart(NodeConfig config)
    {
        (string Section, bool Same)[] sections =
        [
            ("node", config.Node == started.Node),
            ("listen", config.Listen.SequenceEqual(started.Listen)),
            ("store", config.Store == started.Store),
            ("cluster", config.Cluster.Shards == started.Cluster.Shards && KeysOf(config).SequenceEqual(KeysOf(started))),
            ("metrics", Equals(config.Metrics, started.Metrics)),
            ("log", config.Log == started.Log),
            ("audit", config.Audit == started.Audit),
        ];
        return sections.Where(one => !one.Same).Select(one => one.Section);
    }

    private static IEnumerable<(byte, string)> KeysOf(NodeConfig config) => config.Cluster.Keys.Select(key => (key.Version, key.File));
}

/// <summary>What came of reading again.</summary>
internal sealed record ReloadOutcome(IReadOnlyList<string> Faults, IReadOnlyList<string> Notes, int Connections);
