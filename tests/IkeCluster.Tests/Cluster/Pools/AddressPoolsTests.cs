using System.Collections.Immutable;
using System.Diagnostics;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Pools;

public sealed class AddressPoolsTests
{
    private static readonly Instant Now = new(1_790_000_000_000_000);
    private static readonly IkeSpi AliceSa = new(0xA1);
    private static readonly IkeSpi BobSa = new(0xB0);

    [Fact]
    public void Two_SAs_never_hold_the_same_address()
    {
        AddressPools pools = Small("10.0.0.1", "10.0.0.3");

        LeasedAddress[] held =
        [
            .. Lease(pools, "alice", new IkeSpi(1)), .. Lease(pools, "alice", new IkeSpi(2)), .. Lease(pools, "bob", new IkeSpi(3)),
        ];

        Assert.Equal(3, held.Distinct().Count());
        Assert.Empty(Lease(pools, "carol", new IkeSpi(4)));
    }

    [Fact]
    public void An_identity_gets_its_last_address_again_though_others_are_fresh()
    {
        AddressPools pools = Small("10.0.0.1", "10.0.0.9");
        ImmutableArray<LeasedAddress> first = Lease(pools, "alice", AliceSa);
        pools.Return(first, AliceSa);
        Lease(pools, "bob", BobSa);

        Assert.Equal(first, Lease(pools, "alice", new IkeSpi(0xA2)));
    }

    [Fact]
    public void What_stuck_before_a_restart_sticks_after_it()
    {
        var pools = new AddressPools(
            [Pool("rw4", "10.0.0.1", "10.0.0.9")],
            [new LeaseRow("rw4", Address("10.0.0.5"), Id("alice").Key, null), new LeaseRow("rw4", Address("10.0.0.1"), Id("bob").Key, BobSa)]);

        Assert.Equal("10.0.0.5", Text(Lease(pools, "alice", AliceSa)));
        Assert.Equal("10.0.0.2", Text(Lease(pools, "carol", new IkeSpi(0xC0))));
    }

    [Fact]
    public void Identities_that_look_alike_are_two_and_one_in_other_letters_is_one()
    {
        // "alice" is a name here and an opaque key ID there.
        AddressPools pools = Small("10.0.0.1", "10.0.0.9");
        ImmutableArray<LeasedAddress> first = Lease(pools, "alice", AliceSa);
        pools.Return(first, AliceSa);

        Assert.NotEqual(first, Lease(pools, "keyid:alice", BobSa));
        Assert.Equal(first, Lease(pools, "ALICE", new IkeSpi(0xA2)));
    }

    [Fact]
    public void Of_several_addresses_of_one_identity_the_wanted_one_goes_first()
    {
        AddressPools pools = Small("10.0.0.1", "10.0.0.9");
        ImmutableArray<LeasedAddress> first = Lease(pools, "alice", AliceSa);
        ImmutableArray<LeasedAddress> second = Lease(pools, "alice", BobSa);
        pools.Return(first, AliceSa);
        pools.Return(second, BobSa);

        Assert.Equal(first, Lease(pools, "alice", new IkeSpi(0xA2), wanted: Text(first)));
    }

    [Fact]
    public void A_wanted_address_is_given_where_nobody_ever_had_it()
    {
        AddressPools pools = Small("10.0.0.1", "10.0.0.9");

        Assert.Equal("10.0.0.7", Text(Lease(pools, "alice", AliceSa, wanted: "10.0.0.7")));
        Assert.Equal("10.0.0.1", Text(Lease(pools, "bob", BobSa, wanted: "10.0.0.7")));
        Assert.Equal("10.0.0.2", Text(Lease(pools, "carol", new IkeSpi(0xC0), wanted: "192.0.2.1")));
    }

    [Fact]
    public void A_stranger_gets_the_address_that_was_free_longest_and_only_when_nothing_is_fresh()
    {
        AddressPools pools = Small("10.0.0.1", "10.0.0.2");
        ImmutableArray<LeasedAddress> alices = Lease(pools, "alice", AliceSa);
        ImmutableArray<LeasedAddress> bobs = Lease(pools, "bob", BobSa);
        pools.Return(bobs, BobSa);
        pools.Return(alices, AliceSa);

        Assert.Equal(bobs, Lease(pools, "carol", new IkeSpi(0xC0)));
        Assert.Equal(alices, Lease(pools, "alice", AliceSa));
        Assert.Empty(Lease(pools, "bob", BobSa));
    }

    [Fact]
    public void Only_the_holder_gives_an_address_back()
    {
        AddressPools pools = Small("10.0.0.1", "10.0.0.1");
        ImmutableArray<LeasedAddress> held = Lease(pools, "alice", AliceSa);

        pools.Return(held, BobSa);
        Assert.Empty(Lease(pools, "bob", BobSa));

        pools.Return(held, AliceSa);
        pools.Return(held, AliceSa);
        Assert.Equal(held, Lease(pools, "bob", BobSa));
        Assert.Equal(1, pools.Stats()[0].Held);
    }

    [Fact]
    public void An_IKE_rekey_takes_the_address_along()
    {
        AddressPools pools = Small("10.0.0.1", "10.0.0.1");
        ImmutableArray<LeasedAddress> held = Lease(pools, "alice", AliceSa);
        var rekeyed = new IkeSpi(0xA2);

        pools.Move(held, AliceSa, rekeyed);
        pools.Return(held, AliceSa);
        Assert.Empty(Lease(pools, "bob", BobSa));

        pools.Return(held, rekeyed);
        Assert.NotEmpty(Lease(pools, "bob", BobSa));
    }

    [Fact]
    public void An_address_that_the_lease_table_refused_is_left_alone_for_a_while()
    {
        AddressPools pools = Small("10.0.0.1", "10.0.0.2");
        ImmutableArray<LeasedAddress> refused = Lease(pools, "alice", AliceSa);
        pools.Distrust(refused[0], AliceSa, Now);
        pools.Return(refused, AliceSa);

        Assert.Equal("10.0.0.2", Text(Lease(pools, "alice", AliceSa)));
        Assert.Empty(Lease(pools, "bob", BobSa));
        Assert.Equal(refused, Lease(pools, "bob", BobSa, now: Now + AddressPool.DistrustFor));
    }

    [Fact]
    public void Both_families_are_served_and_a_family_without_pool_is_left_out()
    {
        var pools = new AddressPools([Pool("rw4", "10.0.0.1", "10.0.0.9"), Pool("rw6", "2001:db8::", "2001:db8:0:0:ffff:ffff:ffff:ffff")], []);
        LeaseRequest both = Request("alice") with { Pools = ["rw4", "rw6"], WantsIpv6 = true };

        Assert.Equal(["10.0.0.1", "2001:db8::"], pools.Lease(both, AliceSa, Now).Select(leased => leased.Address.ToString()));
        Assert.Single(pools.Lease(both with { Pools = ["rw6"] }, BobSa, Now));
        Assert.Equal(long.MaxValue, pools.Stats()[1].Size);
    }

    [Fact]
    public void What_sticks_in_the_second_pool_goes_before_what_is_fresh_in_the_first()
    {
        var pools = new AddressPools(
            [Pool("one", "10.1.0.1", "10.1.0.9"), Pool("two", "10.2.0.1", "10.2.0.9")],
            [new LeaseRow("two", Address("10.2.0.4"), Id("alice").Key, null)]);

        Assert.Equal("10.2.0.4", Text(pools.Lease(Request("alice") with { Pools = ["one", "two"] }, AliceSa, Now)));
    }

    [Fact]
    public void A_new_configuration_keeps_what_is_held_and_what_sticks()
    {
        AddressPools pools = Small("10.0.0.1", "10.0.0.9");
        ImmutableArray<LeasedAddress> alices = Lease(pools, "alice", AliceSa);
        ImmutableArray<LeasedAddress> bobs = Lease(pools, "bob", BobSa);
        pools.Return(bobs, BobSa);

        pools.Reconfigure([Pool("rw4", "10.0.0.2", "10.0.0.3")]);

        Assert.Equal(1, pools.Stats()[0].Held);
        Assert.Equal(bobs, Lease(pools, "bob", BobSa));
        Assert.Equal("10.0.0.3", Text(Lease(pools, "carol", new IkeSpi(0xC0))));
        pools.Return(alices, AliceSa);
        Assert.Empty(Lease(pools, "alice", AliceSa));
    }

    [Fact]
    public void The_numbers_add_up()
    {
        AddressPools pools = Small("10.0.0.1", "10.0.0.10");
        pools.Return(Lease(pools, "alice", AliceSa), AliceSa);
        Lease(pools, "bob", BobSa);

        Assert.Equal(new PoolStats("rw4", 10, Held: 1, Sticky: 1), pools.Stats()[0]);
        Assert.Equal(9, pools.Stats()[0].Free);
    }

    /// <summary>The reference keeps sets; it says what may be given, and the pool must give exactly then.</summary>
    [Theory]
    [InlineData(2UL)]
    [InlineData(0xADD7E55UL)]
    public void Under_any_order_of_logins_and_ends_nothing_is_given_twice_or_refused_while_free(ulong seed)
    {
        var random = new TestRandom(seed);
        AddressPools pools = Small("10.0.0.1", "10.0.0.40");
        var held = new Dictionary<IkeSpi, ImmutableArray<LeasedAddress>>();
        for (uint step = 1; step <= 20_000; step++)
        {
            if (random.Below(2) == 0 && held.Count > 0)
            {
                (IkeSpi owner, ImmutableArray<LeasedAddress> addresses) = held.ElementAt(random.Below(held.Count));
                pools.Return(addresses, owner);
                held.Remove(owner);
                continue;
            }

            var spi = new IkeSpi(step);
            ImmutableArray<LeasedAddress> got = Lease(pools, $"user{random.Below(60)}", spi, wanted: $"10.0.0.{random.Below(60)}");
            Assert.Equal(held.Count < 40 ? 1 : 0, got.Length);
            if (!got.IsEmpty)
            {
                Assert.DoesNotContain(held.Values, other => other[0] == got[0]);
                held.Add(spi, got);
            }
        }
    }

    [Fact]
    public void A_slash_16_is_given_out_whole_in_no_time()
    {
        AddressPools pools = Small("10.64.0.0", "10.64.255.255");
        var watch = Stopwatch.StartNew();
        for (int round = 0; round < 3; round++)
        {
            var held = new List<ImmutableArray<LeasedAddress>>();
            for (uint i = 1; i <= 65_536; i++)
            {
                held.Add(Lease(pools, "one-and-the-same", new IkeSpi(i)));
            }

            Assert.Equal(65_536, held.Select(leased => leased[0].Address).Distinct().Count());
            Assert.Empty(Lease(pools, "one-and-the-same", new IkeSpi(0xFFFF_FFFF)));
            for (uint i = 1; i <= 65_536; i++)
            {
                pools.Return(held[(int)i - 1], new IkeSpi(i));
            }
        }

        // Quadratic would be minutes.
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
    }

    [Fact]
    public void Past_so_many_sticky_addresses_the_oldest_goes_before_a_fresh_one()
    {
        AddressPools pools = Small("10.0.0.0", "10.255.255.255");
        var seen = new HashSet<IpAddress>();
        for (int i = 0; i < AddressPool.StickyMax + 1000; i++)
        {
            var owner = new IkeSpi((ulong)i + 1);
            ImmutableArray<LeasedAddress> leased = Lease(pools, $"user{i}", owner, wanted: i % 2 == 0 ? null : $"10.9.{i % 50_000 / 250}.{i % 250}");
            seen.Add(Assert.Single(leased).Address);
            pools.Return(leased, owner);
        }

        Assert.Equal(AddressPool.StickyMax, seen.Count);
        Assert.Equal(AddressPool.StickyMax, pools.Stats()[0].Sticky);
        Assert.Single(Lease(pools, "user66000", new IkeSpi(1)));
    }

    private static AddressPools Small(string first, string last) => new([Pool("rw4", first, last)], []);

    private static PoolPolicy Pool(string name, string first, string last) =>
        new() { Name = name, Addrs = [new AddressRange(Address(first), Address(last))] };

    private static LeaseRequest Request(string identity) => new(Id(identity), ["rw4"], WantsIpv4: true, WantsIpv6: false, []);

    private static ImmutableArray<LeasedAddress> Lease(
        AddressPools pools, string identity, IkeSpi owner, string? wanted = null, Instant? now = null) =>
        pools.Lease(Request(identity) with { Wanted = wanted is null ? [] : [Address(wanted)] }, owner, now ?? Now);

    private static string Text(ImmutableArray<LeasedAddress> leased) => Assert.Single(leased).Address.ToString();

    private static Identity Id(string text)
    {
        Assert.True(Identity.TryParse(text, out Identity? id, out string? fault), fault);
        return id!;
    }

    private static IpAddress Address(string text)
    {
        Assert.True(IpAddress.TryParse(text, out IpAddress address));
        return address;
    }
}
