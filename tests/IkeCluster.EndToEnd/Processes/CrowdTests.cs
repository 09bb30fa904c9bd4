using System.Diagnostics;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Processes;

/// <summary>Sizes and times with many clients. The figures are recorded; the limits only catch what is badly wrong.</summary>
public sealed class CrowdTests
{
    private const int IkePort = 15500;
    private const int NattPort = 15450;
    private const long Mebibyte = 1 << 20;

    private static readonly string Configuration = new NodeConf
    {
        Secrets = $$"""
            secrets:
              ike-all: { secret: "{{ClientConf.Secret}}" }
            """,
        MoreSections = $$"""
            listen: [{ address: 127.0.0.1, ike: {{IkePort}}, natt: {{NattPort}} }]
            admission:
              cookies: never
              sources: [{ cidr: 127.0.0.0/8, init_rate: 100000/s, half_open: 100000 }]
            """,
    }.ToString().Replace("level: debug", "level: warning", StringComparison.Ordinal);

    [Fact]
    public async Task A_thousand_SAs_take_little_memory()
    {
        await using IkeNode node = await IkeNode.StartAsync(network: null, Configuration);
        long empty = node.ReadResidentOctets();
        using Crowd crowd = new(IkePort);

        await crowd.LogInAsync(1000);

        long resident = node.ReadResidentOctets();
        Figures.Record("resident memory without an SA", $"{empty / Mebibyte} MiB");
        Figures.Record("resident memory with 1,000 SAs", $"{resident / Mebibyte} MiB");
        Assert.InRange(resident, 1, 512 * Mebibyte);
    }

    [Fact]
    public async Task After_a_crash_ten_thousand_SAs_are_served_within_a_second_of_being_ready()
    {
        const int Clients = 10_000;
        await using IkeNode node = await IkeNode.StartAsync(network: null, Configuration);
        using Crowd crowd = new(IkePort);
        long started = Stopwatch.GetTimestamp();
        await crowd.LogInAsync(Clients);
        Figures.Record("10,000 logins by PSK, one socket", $"{Stopwatch.GetElapsedTime(started).TotalSeconds:F1} s");

        await node.Kill9Async();
        long killed = Stopwatch.GetTimestamp();
        await node.StartAsync();
        TimeSpan ready = Stopwatch.GetElapsedTime(killed);
        long readyAt = Stopwatch.GetTimestamp();
        await crowd.CheckLivenessAsync(1, TimeSpan.FromSeconds(10));
        TimeSpan first = Stopwatch.GetElapsedTime(readyAt);
        await crowd.CheckLivenessAsync(Clients, TimeSpan.FromSeconds(60));
        TimeSpan all = Stopwatch.GetElapsedTime(readyAt);

        Figures.Record("start over 10,000 SAs, process to ready", $"{ready.TotalMilliseconds:F0} ms");
        Figures.Record("first liveness answered after ready", $"{first.TotalMilliseconds:F0} ms");
        Figures.Record("all 10,000 answered after ready", $"{all.TotalMilliseconds:F0} ms");
        Figures.Record("resident memory with 10,000 SAs", $"{node.ReadResidentOctets() / Mebibyte} MiB");
        Assert.InRange(first, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Equal(Clients, await node.SumMetricAsync("ike_sas", "state=\"established\""));
    }
}
