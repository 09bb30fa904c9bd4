using IkeCluster.Engine.Policy;

namespace IkeCluster.Tests.Node.Configuration;

/// <summary>Lifetimes and actions of swanctl.conf, with the defaults that follow from other keys.</summary>
public sealed class LifetimeConfigTests
{
    [Theory]
    [InlineData("", 14400, 1440, 1440)]
    [InlineData("rekey_time: 10h", 36000, 3600, 3600)]
    [InlineData("rekey_time: 1h, reauth_time: 2h", 3600, 720, 720)]
    [InlineData("reauth_time: 10m", 0, 60, 60)]
    [InlineData("rekey_time: 4h, reauth_time: 10m", 14400, 1440, 300)]
    [InlineData("rekey_time: 1h, over_time: 1m", 3600, 60, 60)]
    [InlineData("rekey_time: 1h, over_time: 1m, rand_time: 30s", 3600, 60, 30)]
    [InlineData("rekey_time: 0", 0, 0, 0)]
    public void An_ike_sa_has_the_times_of_swanctl(string keys, int rekey, int over, int random)
    {
        ConnectionPolicy connection = Config.Good(Config.Connection(keys)).Policy.Connections[0];
        Assert.Equal(
            (rekey, over, random),
            ((int)connection.RekeyTime.TotalSeconds, (int)Math.Round(connection.OverTime.TotalSeconds), (int)Math.Round(connection.RandTime.TotalSeconds)));
    }

    [Theory]
    [InlineData("", 3600, 3960, 360)]
    [InlineData("rekey_time: 50m", 3000, 3300, 300)]
    [InlineData("life_time: 110m", 6000, 6600, 600)]
    [InlineData("rekey_time: 50m, life_time: 1h, rand_time: 1m", 3000, 3600, 60)]
    [InlineData("rekey_time: 0", 0, 0, 0)]
    [InlineData("rekey_time: 0, life_time: 1h", 0, 3600, 3600)]
    public void A_child_has_the_times_of_swanctl(string keys, int rekey, int life, int random)
    {
        ChildPolicy child = Child(keys);
        Assert.Equal(
            (rekey, life, random),
            ((int)Math.Round(child.RekeyTime.TotalSeconds), (int)Math.Round(child.LifeTime.TotalSeconds), (int)Math.Round(child.RandTime.TotalSeconds)));
    }

    [Theory]
    [InlineData("", 0, 0, 0)]
    [InlineData("rekey_bytes: 1000", 1000, 1100, 100)]
    [InlineData("rekey_bytes: 500m, rand_bytes: 1k", 524288000, 576716800, 1024)]
    [InlineData("life_bytes: 1100", 1000, 1100, 100)]
    [InlineData("rekey_bytes: 0, life_bytes: 2G", 0, 2147483648, 2147483648)]
    public void Octets_have_units_and_the_defaults_of_swanctl(string keys, long rekey, long life, long random) =>
        Assert.Equal(new VolumePolicy((ulong)rekey, (ulong)life, (ulong)random), Child(keys).Octets);

    [Fact]
    public void Packets_are_counted_likewise() =>
        Assert.Equal(new VolumePolicy(100, 120, 20), Child("rekey_packets: 100, life_packets: 120").Packets);

    [Fact]
    public void Where_nothing_counts_a_limit_in_octets_is_warned_of()
    {
        string warning = Assert.Single(Config.WarningsOf($"{Config.Connection(child: "rekey_bytes: 1g")}secrets: {{ ike-a: {{ secret: a }} }}"));
        Assert.EndsWith(
            ": connections.c.children.n.rekey_bytes: nothing counts with dataplane.provider none, so it never comes to that",
            warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_life_that_is_shorter_than_the_rekey_is_warned_of() => Assert.Contains(
        Config.WarningsOf(Config.Connection(child: "rekey_time: 1h, life_time: 30m")),
        warning => warning.Contains("the Child SA ends before its rekey is due", StringComparison.Ordinal));

    [Theory]
    [InlineData("life_bytes", "rekey_bytes: 2g, life_bytes: 1g")]
    [InlineData("life_packets", "rekey_packets: 100, life_packets: 100")]
    public void So_is_a_volume(string key, string keys) => Assert.Contains(
        Config.WarningsOf(Config.Connection(child: keys)),
        warning => warning.Contains($".{key}: the Child SA ends before its rekey is due", StringComparison.Ordinal));

    // strongSwan takes its own over_time off the lifetime that it is told (RFC 4478), and comes back at once if nothing is left.
    [Theory]
    [InlineData("reauth_time: 20m, rand_time: 0", true)]
    [InlineData("reauth_time: 25m", true)]
    [InlineData("reauth_time: 40m, rand_time: 20m", true)]
    [InlineData("reauth_time: 40m", false)]
    [InlineData("reauth_time: 3h", false)]
    [InlineData("reauth_time: 0", false)]
    [InlineData("", false)]
    public void A_login_that_stock_clients_repeat_without_end_is_warned_of(string keys, bool isWarned) => Assert.Equal(
        isWarned,
        Config.WarningsOf(Config.Connection(keys)).Any(warning => warning.Contains("connections.c.reauth_time: less rand_time it may come to ", StringComparison.Ordinal)));

    [Fact]
    public void Actions_are_none_or_start()
    {
        ChildPolicy child = Child("start_action: start, close_action: start");
        Assert.Equal((true, true), (child.StartsItself, child.RestartsItself));
        Assert.Equal((false, false), (Child("").StartsItself, Child("").RestartsItself));
    }

    [Theory]
    [InlineData("", 16)]
    [InlineData("limits: { children_per_sa: 4 }", 4)]
    [InlineData("limits: { children_per_sa: 0 }", 0)]
    public void Children_have_a_limit(string text, int most) => Assert.Equal(most, Config.Good(text).Policy.Limits.ChildrenPerSa);

    private static ChildPolicy Child(string keys) => Config.Good(Config.Connection(child: keys)).Policy.Connections[0].Children[0];
}
