using System.Collections.Immutable;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>
/// With an address from a pool the selectors are cut to it (RFC 7296 §2.9, 2.19): no client speaks for another's address, whatever
/// <c>remote_ts</c> says and whichever exchange makes the child.
/// </summary>
public sealed class LeasedSelectorTests
{
    // The first range lies in pool v4, the second in pool v6, the third in none.
    private static readonly ImmutableArray<SelectorPolicy> Written =
    [
        new(false, TrafficSelector.Subnet(IpAddress.V4(0x0a400000), 24)),
        new(false, TrafficSelector.Subnet(EngineWorld.V6("fd00::"), 112)),
        new(false, TrafficSelector.Subnet(IpAddress.V4(0xc0a80000), 16)),
    ];

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void A_selector_that_meets_a_pool_is_cut_to_the_leases_and_a_network_behind_the_peer_stays(bool v4, bool v6)
    {
        using var world = new EngineWorld(Connection());
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { WantsIpv4 = v4, WantsIpv6 = v6 });

        world.Login(client);
        world.Talk(client, client.CreateChild(world.Clock.Now));

        IpAddress[] leases = [.. world.Sa.Facts!.VirtualIps.Select(leased => leased.Address)];
        Assert.Equal((v4 ? 1 : 0) + (v6 ? 1 : 0), leases.Length);
        Assert.Equal(2, world.Sa.Children.Length);
        Assert.All(
            world.Sa.Children,
            child => Assert.Equal([.. leases.Select(TrafficSelector.Host), Written[2].Selector], child.RemoteTs));
    }

    [Fact]
    public void Without_a_lease_no_exchange_makes_a_child()
    {
        using var world = new EngineWorld(Connection());
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { WantsIpv4 = false, WantsIpv6 = false });

        ImmutableArray<InitiatorEvent> learned = [.. world.Login(client), .. world.Talk(client, client.CreateChild(world.Clock.Now))];

        Assert.Empty(world.Sa.Children);
        Assert.Equal(
            [NotifyType.FailedCpRequired, NotifyType.FailedCpRequired],
            learned.OfType<InitiatorEvent.ChildRefused>().Select(refused => refused.Refusal));
    }

    private static ConnectionPolicy Connection() => EngineWorld.Psk() with
    {
        Children = [EngineWorld.Child("net") with { RemoteTs = Written }],
    };
}
