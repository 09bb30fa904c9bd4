using System.Collections.Immutable;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Pools;

/// <summary>One address by two SAs while one takes the other's place (decision 0004; TRAPS 23).</summary>
public sealed class SharedLeaseTests
{
    private static readonly Instant Now = new(1_790_000_000_000_000);
    private readonly AddressPools _pools = new([Pool("rw4")], []);

    [Fact]
    public void A_login_that_displaces_gets_what_its_predecessor_has_and_the_last_one_frees_it()
    {
        LeasedAddress first = Lease(1);
        Assert.Equal(first, Lease(2, port: 2, displacesAll: true));
        Assert.Equal(1, _pools.Stats()[0].Held);

        _pools.Return([first], new IkeSpi(1));
        Assert.Equal(1, _pools.Stats()[0].Held);
        Assert.NotEqual(first, Lease(3, "bob"));
        _pools.Return([first], new IkeSpi(2));
        Assert.Equal(1, _pools.Stats()[0].Held);
        Assert.Equal(first, Lease(4));
    }

    [Fact]
    public void Who_gives_back_first_does_not_matter()
    {
        LeasedAddress first = Lease(1);
        Lease(2, displacesAll: true);
        Lease(3, displacesAll: true);
        foreach (ulong spi in (ulong[])[2, 2, 3])
        {
            _pools.Return([first], new IkeSpi(spi));
            Assert.Equal(1, _pools.Stats()[0].Held);
        }

        _pools.Return([first], new IkeSpi(1));
        Assert.Equal(0, _pools.Stats()[0].Held);
        Assert.Equal(1, _pools.Stats()[0].Sticky);
    }

    [Theory]
    [InlineData(true, 1, true)]
    [InlineData(true, 2, false)]
    [InlineData(false, 1, false)]
    public void One_that_displaces_nobody_shares_only_as_the_same_client_and_by_name(bool asks, ushort port, bool shares)
    {
        LeasedAddress first = Lease(1, port: 1);
        Assert.Equal(shares, first == Lease(2, port: port, wanted: asks ? first : null));
    }

    [Theory]
    [InlineData("bob", "vpn")]
    [InlineData("alice", "other")]
    public void Another_session_key_shares_nothing(string identity, string own)
    {
        LeasedAddress first = Lease(1);
        Assert.NotEqual(first, Lease(2, identity, own: own, wanted: first, displacesAll: true));
    }

    [Fact]
    public void Where_the_peer_moved_its_client_is_known_by_the_new_address()
    {
        LeasedAddress first = Lease(1, port: 1);
        _pools.Relocate([first], new IkeSpi(1), Seat("alice", 9, "vpn").Remote);
        Assert.NotEqual(first, Lease(2, port: 1, wanted: first));
        Assert.Equal(first, Lease(3, port: 9, wanted: first));
    }

    [Fact]
    public void An_IKE_rekey_moves_one_holder_of_two()
    {
        LeasedAddress first = Lease(1);
        Lease(2, displacesAll: true);
        _pools.Move([first], new IkeSpi(1), new IkeSpi(11));
        _pools.Return([first], new IkeSpi(1));
        _pools.Return([first], new IkeSpi(2));
        Assert.Equal(1, _pools.Stats()[0].Held);
        _pools.Return([first], new IkeSpi(11));
        Assert.Equal(0, _pools.Stats()[0].Held);
    }

    [Fact]
    public void What_the_lease_table_would_not_have_shared_is_not_offered_for_it_again_while_it_is_held()
    {
        LeasedAddress first = Lease(1);
        Lease(2, displacesAll: true);
        _pools.Distrust(first, new IkeSpi(2), Now);
        LeasedAddress other = Lease(2, displacesAll: true);
        Assert.NotEqual(first, other);
        _pools.Return([first], new IkeSpi(1));
        _pools.Return([other], new IkeSpi(2));
        Assert.Equal(first, Lease(3, wanted: first));
        Assert.Equal(first, Lease(4, displacesAll: true, wanted: first));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_restart_or_a_new_configuration_keeps_both_holders(bool isRestart)
    {
        LeasedAddress first = Lease(1);
        Lease(2, port: 2, displacesAll: true);
        AddressPools pools = _pools;
        if (isRestart)
        {
            pools = new AddressPools(
                [Pool("rw4")],
                [
                    new LeaseRow("rw4", first.Address, Key("alice"), new IkeSpi(1), Seat("alice", 1, "vpn")),
                    new LeaseRow("rw4", first.Address, Key("alice"), new IkeSpi(2), Seat("alice", 2, "vpn")),
                ]);
        }
        else
        {
            pools.Reconfigure([Pool("rw4"), Pool("rw5")]);
        }

        Assert.Equal(1, pools.Stats()[0].Held);
        pools.Return([first], new IkeSpi(2));
        Assert.Equal(1, pools.Stats()[0].Held);
        Assert.Equal(first, Assert.Single(pools.Lease(Request("alice", 9, "vpn", null, displacesAll: true), new IkeSpi(3), Now)));
        pools.Return([first], new IkeSpi(1));
        pools.Return([first], new IkeSpi(3));
        Assert.Equal(0, pools.Stats()[0].Held);
    }

    [Fact]
    public void A_holder_of_an_earlier_release_has_no_session_and_shares_nothing()
    {
        IpAddress address = LoopWorld.Address("10.0.0.1");
        var pools = new AddressPools([Pool("rw4")], [new LeaseRow("rw4", address, Key("alice"), new IkeSpi(1))]);
        LeaseRequest request = Request("alice", 1, "vpn", new LeasedAddress("rw4", address), displacesAll: true);
        Assert.NotEqual(address, Assert.Single(pools.Lease(request, new IkeSpi(2), Now)).Address);
    }

    private LeasedAddress Lease(
        ulong spi, string identity = "alice", ushort port = 1, string own = "vpn", LeasedAddress? wanted = null, bool displacesAll = false) =>
        Assert.Single(_pools.Lease(Request(identity, port, own, wanted, displacesAll), new IkeSpi(spi), Now));

    private static LeaseRequest Request(string identity, ushort port, string own, LeasedAddress? wanted, bool displacesAll)
    {
        ImmutableArray<IpAddress> asked = wanted is { } leased ? [leased.Address] : [];
        return new LeaseRequest(Policies.Id(identity), ["rw4"], WantsIpv4: true, WantsIpv6: false, asked)
        {
            Seat = Seat(identity, port, own),
            DisplacesAll = displacesAll,
        };
    }

    private static SessionSeat Seat(string identity, ushort port, string own) =>
        new(new SessionKey(Key(identity), own), new UdpEndpoint(LoopWorld.Address("192.0.2.1"), port));

    private static string Key(string identity) => Policies.Id(identity).Key;

    private static PoolPolicy Pool(string name) =>
        new() { Name = name, Addrs = [new AddressRange(LoopWorld.Address("10.0.0.1"), LoopWorld.Address("10.0.0.9"))] };
}
