using IkeCluster.Node.Health;
using IkeCluster.Protocol;

namespace IkeCluster.Tests.Node.Health;

public sealed class MetricsTests
{
    private static readonly MetricsReading Reading = new(
        3, 1000, 1001, 77, 78, [("node-1", 256)], [("rw4", 100, 10, 5)], [("CN=vpn \"west\"", 86_400)]);

    private readonly Metrics _metrics = new();

    [Theory]
    [InlineData("ike_sas{state=\"half_open\"} 3")]
    [InlineData("ike_sas{state=\"established\"} 1000")]
    [InlineData("ike_child_sas 1001")]
    [InlineData("ike_datagrams_total{direction=\"in\"} 77")]
    [InlineData("ike_datagrams_total{direction=\"out\"} 78")]
    [InlineData("ike_shards{owner=\"node-1\"} 256")]
    [InlineData("ike_failovers_total 0")]
    [InlineData("ike_pool_addresses{pool=\"rw4\",state=\"leased\"} 10")]
    [InlineData("ike_pool_addresses{pool=\"rw4\",state=\"sticky\"} 5")]
    [InlineData("ike_pool_addresses{pool=\"rw4\",state=\"free\"} 85")]
    [InlineData("certificate_expiry_seconds{name=\"CN=vpn \\\"west\\\"\"} 86400")]
    [InlineData("ike_exchanges_total{exchange=\"ike_auth\",role=\"responder\",result=\"ok\"} 2")]
    [InlineData("ike_dropped_total{reason=\"bad_seal\"} 1")]
    [InlineData("ike_limited_total{limit=\"rekeys_per_minute\"} 1")]
    [InlineData("ike_limited_total{limit=\"requests_per_second\"} 1")]
    [InlineData("ike_limited_total{limit=\"sessions_per_identity\"} 0")]
    [InlineData("ike_limited_total{limit=\"fragments_per_sa\"} 1")]
    [InlineData("esp_dropped_total{reason=\"no_data_plane\"} 1")]
    [InlineData("ike_cookies_total{result=\"sent\"} 1")]
    [InlineData("ike_cookies_total{result=\"valid\"} 1")]
    [InlineData("ike_cookies_total{result=\"invalid\"} 1")]
    [InlineData("ike_auth_total{method=\"psk\",result=\"wrong_psk\"} 1")]
    [InlineData("ike_faults_total 1")]
    [InlineData("ike_store_commit_seconds_bucket{le=\"0.001\"} 0")]
    [InlineData("ike_store_commit_seconds_bucket{le=\"0.0025\"} 1")]
    [InlineData("ike_store_commit_seconds_bucket{le=\"+Inf\"} 2")]
    [InlineData("ike_store_commit_seconds_sum 60.002")]
    [InlineData("ike_store_commit_seconds_count 2")]
    [InlineData("ike_sas_ended_total{cause=\"replaced\"} 1")]
    public void The_page_has_the_names_and_labels_of_the_contract(string line)
    {
        _metrics.ExchangeDone("ike_auth", "responder", "ok");
        _metrics.ExchangeDone("ike_auth", "responder", "ok");
        _metrics.Dropped(DropReason.BadSeal);
        _metrics.Dropped(DropReason.EspNotHandled);
        _metrics.Dropped(DropReason.RequestRate);
        _metrics.Dropped(DropReason.FragmentLimit);
        _metrics.LimitReached("rekeys_per_minute");
        _metrics.CookieSent();
        _metrics.CookieChecked(isValid: true);
        _metrics.CookieChecked(isValid: false);
        _metrics.LoginDone("psk", "wrong_psk");
        _metrics.SaEnded("replaced");
        _metrics.Faulted();
        _metrics.Committed(TimeSpan.FromMilliseconds(2));
        _metrics.Committed(TimeSpan.FromMinutes(1));

        Assert.Contains(line, _metrics.Write(Reading).Split('\n'));
    }

    [Fact]
    public void Every_family_is_described_once_and_every_line_has_a_value()
    {
        string[] lines = _metrics.Write(Reading).TrimEnd('\n').Split('\n');
        string[] families = [.. lines.Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])];

        Assert.Equal(families.Distinct(), families);
        Assert.All(lines.Where(line => line[0] != '#'), line => Assert.Matches("^[a-z_]+({[^}]*})? [0-9.eE+-]+$", line));
        Assert.All(lines.Where(line => line[0] != '#'), line => Assert.Contains(families, family => line.StartsWith(family, StringComparison.Ordinal)));
    }
}
