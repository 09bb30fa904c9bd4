using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine.Own;

/// <summary>When an SA is rekeyed, and when it ends if that fails: swanctl.conf's lifetimes (RFC 7296 §2.8).</summary>
public sealed class LifetimeTests
{
    [Fact]
    public void A_login_sets_the_times_of_both_with_a_chance_before_them()
    {
        HashSet<TimeSpan> children = [];
        for (ulong seed = 1; seed <= 8; seed++)
        {
            using var world = new EngineWorld(seed, [EngineWorld.Psk()]);
            using IkeInitiator client = world.Client(EngineWorld.Alice());
            world.Login(client);
            SaFacts facts = world.Sa.Facts!;
            ChildSa child = world.Sa.Children[0];

            Assert.InRange(facts.RekeyAt - facts.EstablishedAt, TimeSpan.FromMinutes(216), TimeSpan.FromMinutes(240));
            Assert.Equal(TimeSpan.FromMinutes(264), facts.ExpireAt - facts.EstablishedAt);
            Assert.InRange(child.RekeyAt - child.InstalledAt, TimeSpan.FromMinutes(54), TimeSpan.FromMinutes(60));
            Assert.Equal(TimeSpan.FromMinutes(66), child.ExpireAt - child.InstalledAt);
            children.Add(child.RekeyAt - child.InstalledAt);
        }

        Assert.Equal(8, children.Count);
    }

    [Fact]
    public void Left_alone_two_sides_rekey_for_a_day_and_no_child_outlives_its_lifetime()
    {
        using var two = new TwoSides(
            policy => policy with { Children = [policy.Children[0] with { RekeyTime = TimeSpan.FromHours(1) }] }, "aes256gcm16");
        two.A.RekeyChild();
        two.A.RekeyIke();
        two.Settle();
        two.A.RekeyIke();
        two.Rest(TimeSpan.FromDays(1));

        int rekeys = two.A.World.Events.OfType<SaEvent.IkeRekeyed>().Count();
        Assert.InRange(rekeys, 5, 9);
        Assert.InRange(two.A.World.Events.OfType<SaEvent.ChildInstalled>().Count(), 23, 30);
        Assert.DoesNotContain(two.A.World.Events, told => told is SaEvent.Ended { Cause: not EndCause.Rekeyed });
        Assert.True(two.A.Child.ExpireAt > two.A.World.Clock.Now);
        Assert.Single(two.A.World.Installed);
    }

    [Fact]
    public void A_child_past_its_lifetime_is_deleted()
    {
        using var two = new TwoSides();
        Set(two.A, child => child with { ExpireAt = two.A.World.Clock.Now });
        two.A.Wake(two.A.Sa.LocalSpi);
        two.Settle();
        two.AssertAgree(children: 0);
    }

    [Fact]
    public void An_ike_sa_past_its_lifetime_is_deleted_and_the_audit_says_why()
    {
        using var two = new TwoSides();
        two.A.World.Sas[two.A.Sa.LocalSpi] = two.A.Sa with { Facts = two.A.Sa.Facts! with { ExpireAt = two.A.World.Clock.Now } };
        two.A.Wake(two.A.Sa.LocalSpi);
        two.A.Crash();
        two.Settle();
        Assert.Empty(two.A.World.Sas);
        Assert.Equal(EndCause.Expired, two.A.World.Events.OfType<SaEvent.Ended>().Single().Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_data_plane_reports_and_the_child_is_rekeyed_or_deleted(bool isHard)
    {
        using var two = new TwoSides(
            policy => policy with { Children = [policy.Children[0] with { Octets = new VolumePolicy(1000, 2000, 500), Packets = new VolumePolicy(10, 20, 5) }] });
        two.A.RekeyChild();
        two.AssertOneOfEach();
        ChildLimits limits = two.A.Child.Limits!;
        Assert.InRange(limits.SoftOctets, 501UL, 1000UL);
        Assert.InRange(limits.SoftPackets, 6UL, 10UL);
        Assert.Equal((2000UL, 20UL), (limits.HardOctets, limits.HardPackets));
        EspSpi old = two.A.Child.InboundSpi;

        two.A.Order(new IkeInput.ChildExpiring(old, isHard));
        two.A.Order(new IkeInput.ChildExpiring(old, isHard));
        two.Rest(TimeSpan.FromMinutes(1));

        two.AssertAgree(children: isHard ? 0 : 1);
        Assert.DoesNotContain(two.A.Sa.Children, child => child.InboundSpi == old);
        two.A.Order(new IkeInput.ChildExpiring(old, isHard));
        Assert.True(two.A.Sa.Own.IsFree);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("net")]
    public void An_operator_rekeys_now_and_an_order_in_between_waits(string? child)
    {
        using var two = new TwoSides(esp: "aes256gcm16");
        (IkeSpi ike, EspSpi esp) = (two.A.Sa.LocalSpi, two.A.Child.InboundSpi);
        two.A.RekeyChild();
        two.A.Order(new IkeInput.Rekey(child));
        Assert.Single(two.A.Wire);
        EspSpi first = two.A.Sa.Own.Pending!.Offer!.ChildSpi();
        two.Rest(TimeSpan.FromSeconds(30));
        two.A.Order(new IkeInput.Rekey(child));

        two.AssertOneOfEach();
        Assert.Equal(child is null, two.A.Sa.LocalSpi != ike);
        Assert.NotEqual(esp, two.A.Child.InboundSpi);
        Assert.Equal(child is null, two.A.Child.InboundSpi == first);
    }

    [Fact]
    public void After_a_takeover_overdue_rekeys_are_spread_over_a_tenth_of_the_lifetime()
    {
        HashSet<TimeSpan> waits = [];
        for (ulong seed = 1; seed <= 6; seed++)
        {
            using var two = new TwoSides(seed: seed);
            Instant due = two.A.World.Clock.Now + TimeSpan.FromHours(1);
            Set(two.A, child => child with { RekeyAt = due });
            two.Advance(TimeSpan.FromHours(2));
            two.A.Crash();
            TimeSpan wait = two.A.Child.RekeyAt - two.A.World.Clock.Now;
            Assert.InRange(wait, TimeSpan.Zero, TimeSpan.FromMinutes(6));
            waits.Add(wait);
        }

        Assert.Equal(6, waits.Count);
    }

    // The row keeps the time that has passed: each takeover puts the rekey off anew, and none may put it off past the hard end.
    [Fact]
    public void Takeovers_one_after_the_other_put_no_rekey_off_past_its_hard_end()
    {
        for (ulong seed = 1; seed <= 6; seed++)
        {
            using var two = new TwoSides(seed: seed);
            Instant end = two.A.World.Clock.Now + TimeSpan.FromHours(2) + TimeSpan.FromMinutes(2);
            Instant due = end - TimeSpan.FromHours(1);
            Set(two.A, child => child with { RekeyAt = due, ExpireAt = end });
            two.A.World.Sas[two.A.Sa.LocalSpi] = two.A.Sa with { Facts = two.A.Sa.Facts! with { RekeyAt = due, ExpireAt = end } };
            two.Advance(TimeSpan.FromHours(2));
            two.A.Crash();
            Assert.InRange(two.A.Child.RekeyAt - two.A.World.Clock.Now, TimeSpan.Zero, TimeSpan.FromMinutes(1));
            Assert.InRange(two.A.Sa.Facts!.RekeyAt - two.A.World.Clock.Now, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public void A_rekey_that_is_under_way_when_a_reload_takes_the_section_is_finished_with_what_was_in_use()
    {
        using var two = new TwoSides(esp: "aes256gcm16");
        ConnectionPolicy without = two.A.World.Policy.Connections[0] with { Children = [] };
        two.A.World.Policy = new PolicySet([without], two.A.World.Policy.Pools, [], two.A.World.Policy.Anchors, two.A.World.Policy.Times);
        Set(two.A, child => child with { ExpireAt = child.InstalledAt + TimeSpan.FromHours(2) });

        two.A.RekeyChild();

        two.AssertOneOfEach();
        Assert.Equal(TimeSpan.FromHours(2), two.A.Child.ExpireAt - two.A.Child.InstalledAt);
    }

    private static void Set(Side side, Func<ChildSa, ChildSa> change)
    {
        side.World.Sas[side.Sa.LocalSpi] = side.Sa with { Children = [.. side.Sa.Children.Select(change)] };
    }
}
