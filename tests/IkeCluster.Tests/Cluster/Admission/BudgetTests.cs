using IkeCluster.Cluster.Admission;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Admission;

public sealed class BudgetTests
{
    private static readonly Instant Noon = AdmissionBench.Noon;
    private static readonly IpAddress Alice = Address("192.0.2.10");

    private readonly SourceBudget _sources = new(AdmissionSettings.Default, hashKey: 42);

    [Fact]
    public void A_second_of_INITs_may_come_at_once_and_then_the_rate_counts()
    {
        Assert.Equal(20, Enumerable.Range(0, 100).Count(_ => _sources.TakeProven(Alice, Noon)));
        Assert.False(_sources.TakeProven(Alice, Noon + TimeSpan.FromMilliseconds(49)));
        Assert.True(_sources.TakeProven(Alice, Noon + TimeSpan.FromMilliseconds(50)));
        Assert.Equal(20, Enumerable.Range(0, 100).Count(_ => _sources.TakeProven(Alice, Noon + TimeSpan.FromMinutes(1))));
    }

    [Fact]
    public void INITs_without_a_cookie_cost_a_source_nothing_of_what_it_may_do_with_one()
    {
        while (_sources.TakeBare(Alice, Noon))
        {
        }

        Assert.True(_sources.TakeProven(Alice, Noon));
    }

    [Fact]
    public void A_login_that_may_take_minutes_needs_room_for_its_SA()
    {
        _sources.CountHalfOpen(Alice, 50);
        Assert.True(_sources.HasLoginRoom(Alice, isCounted: true, Noon));
        Assert.False(_sources.HasLoginRoom(Alice, isCounted: false, Noon));
        Assert.True(_sources.HasLoginRoom(Address("192.0.2.11"), isCounted: false, Noon));
    }

    // Passwords are guessed from somewhere.
    [Fact]
    public void A_source_may_fail_as_many_logins_a_minute_as_it_may_have_half_open()
    {
        int guesses = 0;
        for (Instant now = Noon; now < Noon + TimeSpan.FromMinutes(10); now += TimeSpan.FromMilliseconds(100))
        {
            if (_sources.HasLoginRoom(Alice, isCounted: false, now))
            {
                _sources.CountFailure(Alice, now);
                guesses++;
            }
        }

        Assert.InRange(guesses, 500, 550);
        Assert.True(_sources.HasLoginRoom(Address("192.0.2.11"), isCounted: false, Noon));
    }

    // Trap 2: cookies that come and go break handshakes in flight.
    [Fact]
    public void A_source_past_its_rate_must_bring_cookies_for_ten_seconds()
    {
        Instant last = Noon;
        while (_sources.TakeBare(Alice, last))
        {
        }

        Assert.False(_sources.TakeBare(Alice, last + TimeSpan.FromSeconds(9.9)));
        Assert.True(_sources.TakeBare(Alice, last + TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void One_source_says_nothing_about_another()
    {
        while (_sources.TakeProven(Alice, Noon))
        {
        }

        Assert.True(_sources.TakeProven(Address("192.0.2.11"), Noon));
    }

    [Fact]
    public void Addresses_of_one_64_are_one_source()
    {
        while (_sources.TakeProven(Address("2001:db8:1:1::1"), Noon))
        {
        }

        Assert.False(_sources.TakeProven(Address("2001:db8:1:1:ffff::9"), Noon));
        Assert.True(_sources.TakeProven(Address("2001:db8:1:2::1"), Noon));
    }

    [Fact]
    public void A_48_may_do_what_sixteen_of_its_networks_may()
    {
        int taken = Enumerable.Range(0, 1000).Count(network => _sources.TakeProven(Address($"2001:db8:1:{network:x}::1"), Noon));

        Assert.Equal(16 * 20, taken);
        Assert.True(_sources.TakeProven(Address("2001:db8:2:1::1"), Noon));
    }

    [Fact]
    public void Half_open_SAs_are_counted_up_and_down()
    {
        for (int i = 0; i < 50; i++)
        {
            Assert.True(_sources.HasHalfOpenRoom(Alice));
            _sources.CountHalfOpen(Alice, 1);
        }

        Assert.False(_sources.HasHalfOpenRoom(Alice));
        _sources.CountHalfOpen(Alice, -1);
        Assert.True(_sources.HasHalfOpenRoom(Alice));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_successful_login_gives_the_budget_back(bool hadValidCookie)
    {
        for (int login = 0; login < 1000; login++)
        {
            Assert.True(hadValidCookie ? _sources.TakeProven(Alice, Noon) : _sources.TakeBare(Alice, Noon));
            _sources.GiveBack(Alice, hadValidCookie);
        }
    }

    [Fact]
    public void The_longest_prefix_that_holds_a_source_sets_its_budget()
    {
        var sources = new SourceBudget(
            AdmissionSettings.Default with
            {
                Sources =
                [
                    new SourceRule(Address("192.0.2.0"), 24, InitRate: 2000, HalfOpen: 5000),
                    new SourceRule(Address("192.0.2.128"), 25, InitRate: 100, HalfOpen: 1),
                    new SourceRule(Address("::"), 0, InitRate: 5, HalfOpen: 5),
                ],
            },
            hashKey: 42);

        Assert.Equal(2000, Burst(sources, "192.0.2.10"));
        Assert.Equal(100, Burst(sources, "192.0.2.200"));
        Assert.Equal(5, Burst(sources, "2001:db8::1"));
    }

    [Fact]
    public void A_changed_configuration_counts_from_then_on()
    {
        Assert.Equal(20, Burst(_sources, "192.0.2.10"));
        _sources.Apply(AdmissionSettings.Default with { InitRatePerSource = 100 });

        Assert.Equal(100, Burst(_sources, "192.0.2.99"));
    }

    // A flood of forged addresses at 200,000 a second must not use up what a quiet source has.
    [Fact]
    public void A_flood_of_forged_sources_leaves_proven_ones_alone()
    {
        for (uint forged = 0; forged < 200_000; forged++)
        {
            _sources.TakeBare(IpAddress.V4(0x0A00_0000 + (forged * 7919)), Noon);
        }

        Assert.Equal(20, Burst(_sources, "192.0.2.10"));
    }

    [Fact]
    public void Cookies_come_on_at_a_tenth_of_the_limit_and_stay_for_ten_seconds()
    {
        var halfOpen = new HalfOpenBudget(AdmissionSettings.Default with { HalfOpenLimit = 100 });
        halfOpen.Add(9);
        Assert.False(halfOpen.DemandsCookies(Noon));

        halfOpen.Add(1);
        Assert.True(halfOpen.DemandsCookies(Noon));

        halfOpen.Add(-10);
        Assert.True(halfOpen.DemandsCookies(Noon + TimeSpan.FromSeconds(9.9)));
        Assert.False(halfOpen.DemandsCookies(Noon + TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void Cookies_asked_always_or_never_do_not_hang_on_numbers()
    {
        var always = new HalfOpenBudget(AdmissionSettings.Default with { Cookies = CookieMode.Always });
        var never = new HalfOpenBudget(AdmissionSettings.Default with { Cookies = CookieMode.Never });
        never.Add(1_000_000);

        Assert.True(always.DemandsCookies(Noon));
        Assert.False(never.DemandsCookies(Noon));
        Assert.True(never.IsFull);
    }

    private static int Burst(SourceBudget sources, string address) =>
        Enumerable.Range(0, 10_000).Count(_ => sources.TakeProven(Address(address), Noon));

    private static IpAddress Address(string text) => AdmissionBench.Endpoint(text, 0).Address;
}
