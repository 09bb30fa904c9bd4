using System.Collections.Immutable;
using System.Net;
using IkeCluster.Cluster.Admission;
using IkeCluster.Engine.Policy;
using IkeCluster.Node.Events;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads the sections about the node itself: <c>node</c> to <c>audit</c>, and <c>ike</c>.</summary>
internal static class NodeReader
{
    private const int IkePort = 500;
    private const int NattPort = 4500;
    private const int BudgetMax = 10_000_000;

    public static NodeSettings ReadNode(ConfigSection section)
    {
        string name = section.Text("name", Environment.MachineName);
        if (name.Length is 0 or > 128)
        {
            section.Fault("name", "is 1 to 128 characters long");
        }

        var settings = new NodeSettings(
            name,
            Path.GetFullPath(section.Text("data", "./var")),
            section.Duration("drain_time", TimeSpan.FromSeconds(10)),
            section.Number("loops", Environment.ProcessorCount, 1, 256));
        section.Done();
        return settings;
    }

    public static ImmutableArray<ListenEndpoint> ReadListen(ConfigSection root)
    {
        if (root.SectionList("listen") is not { Count: > 0 } entries)
        {
            return [new(IPAddress.Any, IkePort, NattPort), new(IPAddress.IPv6Any, IkePort, NattPort)];
        }

        var listen = ImmutableArray.CreateBuilder<ListenEndpoint>();
        foreach (ConfigSection entry in entries)
        {
            ListenEndpoint endpoint = ReadEndpoint(entry);
            if (endpoint.Ike == endpoint.Natt)
            {
                entry.Fault("natt", "is the port of ike too, write another one");
            }

            if (listen.Any(other => other.Address.Equals(endpoint.Address) && SharePort(other, endpoint)))
            {
                entry.Fault("address", $"{endpoint.Address} stands in listen twice with the same port, keep one");
            }

            listen.Add(endpoint);
        }

        return listen.ToImmutable();
    }

    public static StoreProvider ReadStore(ConfigSection section)
    {
        // The word is the contract's; what it names is not built.
        bool isPostgres = section.Scalar("provider")?.Text == "postgres";
        if (isPostgres)
        {
            section.Fault("provider", "postgres is not in this release, write sqlite");
        }

        StoreProvider provider = isPostgres
            ? StoreProvider.Sqlite
            : section.Choice("provider", StoreProvider.Sqlite, ("sqlite", StoreProvider.Sqlite), ("memory", StoreProvider.Memory));
        section.NotYet("connection");
        section.Done();
        return provider;
    }

    public static void ReadUnbuilt(ConfigSection root)
    {
        ConfigSection control = root.Section("control");
        control.OnlyDefault("listen", "");
        control.NotYet("cert", "key", "ca");
        control.Done();

        ConfigSection dataPlane = root.Section("dataplane");
        dataPlane.OnlyDefault("provider", "none");
        dataPlane.Done();
    }

    public static AdmissionSettings ReadAdmission(ConfigSection section)
    {
        AdmissionSettings defaults = AdmissionSettings.Default;
        var settings = new AdmissionSettings
        {
            Cookies = section.Choice(
                "cookies", defaults.Cookies, ("auto", CookieMode.Auto), ("always", CookieMode.Always), ("never", CookieMode.Never)),
            HalfOpenLimit = section.Number("half_open_limit", defaults.HalfOpenLimit, 1, BudgetMax),
            HalfOpenPerSource = section.Number("half_open_per_source", defaults.HalfOpenPerSource, 1, BudgetMax),
            InitRatePerSource = ReadRate(section, "init_rate_per_source", defaults.InitRatePerSource),
            Sources = [.. (section.SectionList("sources") ?? []).Select(ReadSource)],
        };
        section.Done();
        return settings;
    }

    public static IPEndPoint? ReadMetrics(ConfigSection section)
    {
        var fallback = new IPEndPoint(IPAddress.Loopback, 9464);
        string text = section.Text("listen", fallback.ToString());
        section.Done();
        if (text.Length == 0)
        {
            return null;
        }

        if (!ConfigText.TryEndpoint(text, out IPEndPoint endpoint))
        {
            section.Fault("listen", $"\"{text}\" is not an address with a port, write 127.0.0.1:9464, or \"\" for no metrics");
        }

        return endpoint;
    }

    public static LogSettings ReadLog(ConfigSection section)
    {
        var settings = new LogSettings(
            section.Choice("level", LogLevel.Information, LogWords.Levels),
            section.Choice("format", false, ("text", false), ("json", true)),
            section.Choice(
                "identities", IdentityStyle.Hash,
                ("none", IdentityStyle.None), ("hash", IdentityStyle.Hash), ("full", IdentityStyle.Full)));
        section.Done();
        return settings;
    }

    public static AuditSettings ReadAudit(ConfigSection section)
    {
        var settings = new AuditSettings(
            section.Choice(
                "to", AuditTarget.File, ("file", AuditTarget.File), ("syslog", AuditTarget.Syslog), ("none", AuditTarget.None)),
            Path.GetFullPath(section.Text("path", "var/audit.jsonl")));
        section.Done();
        return settings;
    }

    public static IkeTimes ReadTimes(ConfigSection section)
    {
        var times = new IkeTimes
        {
            RetransmitTimeout = section.Duration("retransmit_timeout", TimeSpan.FromSeconds(4), TimeSpan.FromMilliseconds(100)),
            RetransmitBase = ReadBase(section),
            RetransmitTries = section.Number("retransmit_tries", 5, 1, 30),
            HalfOpenTimeout = section.Duration("half_open_timeout", TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1)),
            EapTimeout = section.Duration("eap_timeout", TimeSpan.FromMinutes(3), TimeSpan.FromSeconds(1)),
        };
        section.Done();
        return times;
    }

    private static ListenEndpoint ReadEndpoint(ConfigSection entry)
    {
        ConfigScalar? address = entry.Scalar("address");
        if (!IPAddress.TryParse(address?.Text, out IPAddress? parsed))
        {
            entry.Fault("address", address is null
                ? "is missing, write 0.0.0.0, \"::\" or one address of this host"
                : $"\"{address.Text}\" is not an address, write 0.0.0.0, \"::\" or one address of this host");
        }

        var endpoint = new ListenEndpoint(
            parsed ?? IPAddress.Any, (ushort)entry.Number("ike", IkePort, 1, 65535), (ushort)entry.Number("natt", NattPort, 1, 65535));
        entry.NotYet("public_address");
        entry.Done();
        return endpoint;
    }

    private static bool SharePort(ListenEndpoint a, ListenEndpoint b) =>
        a.Ike == b.Ike || a.Natt == b.Natt || a.Ike == b.Natt || a.Natt == b.Ike;

    private static SourceRule ReadSource(ConfigSection section)
    {
        ConfigScalar? cidr = section.Scalar("cidr");
        if (!ConfigText.TrySubnet(cidr?.Text ?? "", out IpAddress network, out int prefixLength))
        {
            section.Fault("cidr", cidr is null
                ? "is missing, write the subnet of the source, such as 192.0.2.0/24"
                : $"\"{cidr.Text}\" is not a subnet, write one such as 192.0.2.0/24");
        }

        AdmissionSettings defaults = AdmissionSettings.Default;
        var rule = new SourceRule(
            network, prefixLength, ReadRate(section, "init_rate", defaults.InitRatePerSource),
            section.Number("half_open", defaults.HalfOpenPerSource, 1, BudgetMax));
        section.Done();
        return rule;
    }

    /// <summary>A rate below one a second counts as one: budgets are kept in whole INITs.</summary>
    private static int ReadRate(ConfigSection section, string key, int fallback)
    {
        if (section.Scalar(key) is not { } scalar)
        {
            return fallback;
        }

        if (!ConfigText.TryRate(scalar.Text, out double rate) || rate is <= 0 or > BudgetMax)
        {
            section.Fault(key, $"\"{scalar.Text}\" is not a rate, write one such as 20/s or 600/m");
            return fallback;
        }

        return Math.Max(1, (int)Math.Round(rate));
    }

    private static double ReadBase(ConfigSection section)
    {
        const double fallback = 1.8;
        if (section.Scalar("retransmit_base") is not { } scalar)
        {
            return fallback;
        }

        if (ConfigText.TryNumber(scalar.Text, out double number) && number is >= 1 and <= 10)
        {
            return number;
        }

        section.Fault("retransmit_base", $"\"{scalar.Text}\" is not a number from 1 to 10");
        return fallback;
    }
}
