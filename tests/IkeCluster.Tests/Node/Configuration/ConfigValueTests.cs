using System.Net;
using IkeCluster.Cluster.Admission;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Node.Configuration;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Node.Configuration;

public sealed class ConfigValueTests
{
    [Fact]
    public void An_empty_file_has_the_defaults_of_the_contract()
    {
        NodeConfig config = Config.Good("");

        Assert.Equal(TimeSpan.FromSeconds(10), config.Node.DrainTime);
        Assert.Equal([new(IPAddress.Any, 500, 4500), new(IPAddress.IPv6Any, 500, 4500)], config.Listen);
        Assert.Equal(StoreProvider.Sqlite, config.Store);
        Assert.Equal(256, config.Cluster.Shards);
        Assert.Equal(AdmissionSettings.Default with { Sources = config.Admission.Sources }, config.Admission);
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:9464"), config.Metrics);
        Assert.Equal(new LogSettings(Microsoft.Extensions.Logging.LogLevel.Information, IsJson: false, IdentityStyle.Hash), config.Log);
        Assert.Equal(new AuditSettings(AuditTarget.File, Path.GetFullPath("var/audit.jsonl")), config.Audit);
        Assert.Equal(new IkeTimes(), config.Policy.Times);
        Assert.Equal(Path.GetFullPath("var/cluster.key"), Assert.Single(config.Cluster.Keys).File);
    }

    [Fact]
    public void Pre_shared_keys_without_a_secret_are_a_warning() => Assert.Equal(
        ["test.yaml:2:38: connections.c.remote: there is no secrets.ike-NAME, so nobody can log in by psk"], Config.WarningsOf(Config.Connection()));

    [Fact]
    public void Limits_are_those_of_the_contract_or_what_is_written()
    {
        IkeLimits standard = Config.Good("").Policy.Limits;
        Assert.Equal((0, 10, 50, 64), (standard.SessionsPerIdentity, standard.RekeysPerMinute, standard.RequestsPerSecond, standard.FragmentsPerSa));

        IkeLimits written = Config.Good("limits: { sessions_per_identity: 2, rekeys_per_minute: 0, requests_per_second: 7, fragments_per_sa: 9 }").Policy.Limits;
        Assert.Equal((2, 0, 7, 9), (written.SessionsPerIdentity, written.RekeysPerMinute, written.RequestsPerSecond, written.FragmentsPerSa));
    }

    [Fact]
    public void A_connection_has_the_defaults_of_swanctl()
    {
        ConnectionPolicy connection = Config.Good(Config.Connection()).Policy.Connections[0];

        Assert.Equal("c", connection.Name);
        Assert.Equal(TimeSpan.FromHours(4), connection.RekeyTime);
        Assert.Equal(TimeSpan.Zero, connection.DpdDelay);
        Assert.Equal(165, connection.DpdTimeout.TotalSeconds, 0.5);
        Assert.Equal((FragmentationMode.Yes, UniquePolicy.No), (connection.Fragmentation, connection.Unique));
        Assert.True(connection.Mobike && connection.SendCertReq && !connection.ForceEncapsulation);
        Assert.True(connection.Remote.Id.IsAny);
        ChildPolicy child = Assert.Single(connection.Children);
        Assert.True(child.LocalTs[0].IsDynamic && child.RemoteTs[0].IsDynamic);
        Assert.Equal(TimeSpan.FromHours(1), child.RekeyTime);
        Assert.Equal(ChildMode.Tunnel, child.Mode);
    }

    [Theory]
    [InlineData("no", UniquePolicy.No)]
    [InlineData("never", UniquePolicy.Never)]
    [InlineData("keep", UniquePolicy.Keep)]
    [InlineData("replace", UniquePolicy.Replace)]
    public void Unique_takes_the_words_of_swanctl(string word, UniquePolicy unique) =>
        Assert.Equal(unique, Config.Good(Config.Connection($"unique: {word}")).Policy.Connections[0].Unique);

    [Fact]
    public void Sessions_are_unlimited_unless_said()
    {
        Assert.Equal(0, Config.Good("").Policy.Limits.SessionsPerIdentity);
        Assert.Equal(3, Config.Good("limits: { sessions_per_identity: 3 }").Policy.Limits.SessionsPerIdentity);
        Assert.Contains(
            Config.FaultsOf(Config.Connection("unique: always")),
            fault => fault.EndsWith("\"always\" is not one of no, never, keep, replace", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("30s", 30)]
    [InlineData("10m", 600)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172_800)]
    [InlineData("45", 45)]
    public void Times_are_written_as_in_swanctl(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Config.Good($"node: {{ drain_time: {text} }}").Node.DrainTime);

    [Theory]
    [InlineData("-1s")]
    [InlineData("1s1")]
    [InlineData("s")]
    [InlineData("1.5h")]
    [InlineData("99999999999s")]
    [InlineData("4000d")]
    public void What_is_no_time_is_refused(string text) => Assert.Single(Config.FaultsOf($"node: {{ drain_time: {text} }}"));

    [Theory]
    [InlineData("correct horse", "correct horse")]
    [InlineData("0x616263", "abc")]
    [InlineData("0sYWJj", "abc")]
    public void Secrets_are_text_or_hexadecimal_or_base64(string written, string secret)
    {
        PolicySet policy = Config.Good($"secrets: {{ ike-a: {{ id: [a@b.c], secret: \"{written}\" }} }}").Policy;
        Assert.Equal(System.Text.Encoding.ASCII.GetBytes(secret), policy.Psks.Find(Id("gw.b.c"), Id("a@b.c"))!.Reveal().ToArray());
    }

    [Fact]
    public void A_secret_may_stand_in_the_environment()
    {
        Environment.SetEnvironmentVariable("IKECLUSTER_TEST_PSK", "0x616263");
        PolicySet policy = Config.Good("secrets: { ike-a: { secret: \"${ENV:IKECLUSTER_TEST_PSK}\" } }").Policy;
        Assert.Equal("abc"u8.ToArray(), policy.Psks.Find(Id("gw.b.c"), Id("a@b.c"))!.Reveal().ToArray());
    }

    [Fact]
    public void A_secret_in_a_file_has_no_line_end()
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, "abc\r\n");
        PolicySet policy = Config.Good($"secrets: {{ ike-a: {{ secret_file: {file} }} }}").Policy;
        Assert.Equal("abc"u8.ToArray(), policy.Psks.Find(Id("gw.b.c"), Id("a@b.c"))!.Reveal().ToArray());
        File.Delete(file);
    }

    [Theory]
    [InlineData("10.0.0.0/24", "10.0.0.1-10.0.0.254")]
    [InlineData("10.0.0.0/31", "10.0.0.0-10.0.0.1")]
    [InlineData("10.0.0.0-10.0.0.9", "10.0.0.0-10.0.0.9")]
    [InlineData("10.0.0.7", "10.0.0.7-10.0.0.7")]
    [InlineData("\"fd00::/126\"", "fd00::1-fd00::2")]
    public void A_pool_leases_what_swanctl_would_lease(string addrs, string leased) =>
        Assert.Equal(leased, Show(Config.Good($"pools: {{ p: {{ addrs: {addrs} }} }}").Policy.Pools[0]));

    [Fact]
    public void The_servers_of_a_pool_are_not_leased() => Assert.Equal(
        "10.0.0.2-10.0.0.52 10.0.0.54-10.0.0.254",
        Show(Config.Good("pools: { p: { addrs: 10.0.0.0/24, dns: [10.0.0.1, 10.0.0.53] } }").Policy.Pools[0]));

    [Theory]
    [InlineData("dynamic", true, 0, 0, 65535)]
    [InlineData("10.0.0.0/8[tcp/443]", false, 6, 443, 443)]
    [InlineData("dynamic[udp/1000-2000]", true, 17, 1000, 2000)]
    [InlineData("10.0.0.0/8[17/opaque]", false, 17, 65535, 0)]
    [InlineData("10.0.0.1-10.0.0.9[icmp]", false, 1, 0, 65535)]
    public void Selectors_are_written_as_in_swanctl(string text, bool isDynamic, byte protocol, int startPort, int endPort)
    {
        SelectorPolicy selector = Config.Good(Config.Connection(child: $"local_ts: [\"{text}\"]")).Policy.Connections[0].Children[0].LocalTs[0];
        Assert.Equal(isDynamic, selector.IsDynamic);
        Assert.Equal((protocol, startPort, endPort), (selector.Selector.IpProtocol, selector.Selector.StartPort, selector.Selector.EndPort));
    }

    [Theory]
    [InlineData("%any", "192.0.2.1", true)]
    [InlineData("%any", "2001:db8::1", true)]
    [InlineData("0.0.0.0", "192.0.2.1", true)]
    [InlineData("0.0.0.0", "2001:db8::1", false)]
    [InlineData("192.0.2.0/24", "192.0.3.1", false)]
    public void Addresses_limit_whom_a_connection_serves(string written, string address, bool serves)
    {
        ConnectionPolicy connection = Config.Good(Config.Connection($"local_addrs: [\"{written}\"]")).Policy.Connections[0];
        Assert.True(IpAddress.TryParse(address, out IpAddress parsed));
        Assert.Equal(serves, connection.LocalAddrs.Any(range => range.Contains(parsed)));
    }

    [Fact]
    public void Settings_of_the_command_line_come_last()
    {
        NodeConfig config = Config.Good(
            "node: { name: a }", "node.name=b", "listen.0.address=127.0.0.1", "listen.0.ike=1500", "admission={ cookies: always }", "log.level=debug");

        Assert.Equal("b", config.Node.Name);
        Assert.Equal([new ListenEndpoint(IPAddress.Loopback, 1500, 4500)], config.Listen);
        Assert.Equal(CookieMode.Always, config.Admission.Cookies);
        Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Debug, config.Log.Level);
    }

    [Fact]
    public void Known_sources_have_budgets_of_their_own()
    {
        SourceRule rule = Assert.Single(Config.Good(
            "admission: { sources: [{ cidr: 192.0.2.0/24, init_rate: 2000/s, half_open: 5000 }] }").Admission.Sources);
        Assert.Equal((24, 2000, 5000), (rule.PrefixLength, rule.InitRate, rule.HalfOpen));
    }

    [Fact]
    public void Anchors_and_aliases_save_typing() =>
        Assert.Equal(2, Config.Good("pools:\n  a: { addrs: 10.0.0.0/24, dns: &d [192.0.2.1] }\n  b: { addrs: 10.0.1.0/24, dns: *d }\n")
            .Policy.Pools.Count(pool => pool.Dns.Length == 1));

    [Fact]
    public void Discouraged_algorithms_are_there_when_named_and_told() => Assert.Equal(
        ["test.yaml:2:88: \"aes128-sha1-modp1024\" allows PRF_HMAC_SHA1, HMAC_SHA1_96, MODP_1024, which RFC 8247 discourages"],
        Config.WarningsOf($"{Config.Connection("proposals: [aes128-sha1-modp1024]")}secrets: {{ ike-a: {{ secret: a }} }}\n"));

    [Fact]
    public void Defaults_hold_nothing_that_is_discouraged()
    {
        ConnectionPolicy connection = Config.Good(Config.Connection()).Policy.Connections[0];
        Assert.Null(Discouraged.Among([.. connection.Proposals, .. connection.Children[0].EspProposals]));
    }

    private static Identity Id(string text) => Identity.TryParse(text, out Identity? id, out _) ? id! : Identity.Any;

    private static string Show(PoolPolicy pool) => string.Join(' ', pool.Addrs.Select(range => $"{range.Start}-{range.End}"));
}
