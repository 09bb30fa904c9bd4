using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>The source address of a datagram can be forged: it draws no traffic before anything has proved it.</summary>
public sealed class ProvedAddressTests
{
    private static readonly UdpEndpoint Elsewhere = new(IpAddress.V4(0x08080808), 4500);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_request_from_elsewhere_is_answered_there_and_its_child_goes_where_the_sa_is(bool mobike)
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { AuthNotifies = mobike ? [NotifyType.MobikeSupported] : [] });
        world.Login(client);
        OutgoingMessage create = client.CreateChild(world.Clock.Now).Send[0];
        DatagramPath forged = EngineWorld.SeenByUs(create.Path) with { Remote = Elsewhere };

        Step step = IkeSa.Next(world.Sa, new IkeInput.Datagram(forged, create.Message.ToArray()), world.Context);

        Assert.Equal(forged, step.Effects.OfType<IkeEffect.Send>().Single().Path);
        Assert.Equal(EngineWorld.SeenByUs(create.Path), step.Effects.OfType<IkeEffect.InstallChild>().Single().Path);
    }

    [Fact]
    public void Dynamic_without_a_lease_is_the_address_of_the_login_wherever_the_peer_says_it_is()
    {
        using var world = new EngineWorld(EngineWorld.Psk() with { Pools = [] });
        using IkeInitiator client = world.Client(
            EngineWorld.Alice() with { WantsIpv4 = false, WantsIpv6 = false, ForcesEncapsulation = true });
        world.Login(client);
        IpAddress home = world.Sa.Path.Remote.Address;
        OutgoingMessage create = client.CreateChild(world.Clock.Now).Send[0];

        world.Receive(EngineWorld.SeenByUs(create.Path) with { Remote = Elsewhere }, create.Message);

        Assert.Equal(Elsewhere, world.Sa.Path.Remote);
        Assert.Equal(2, world.Sa.Children.Length);
        Assert.All(world.Sa.Children.SelectMany(child => child.RemoteTs), selector => Assert.Equal((home, home), (selector.Start, selector.End)));
    }
}
