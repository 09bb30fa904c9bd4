using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Region;

/// <summary>
/// One identity by two connections that may ask for different proofs of it: neither login touches the other's SA or address
/// (decision 0004).
/// </summary>
public sealed class TwoConnectionsTests
{
    [Theory]
    [InlineData(UniquePolicy.No, true)]
    [InlineData(UniquePolicy.Keep, false)]
    [InlineData(UniquePolicy.Keep, true)]
    [InlineData(UniquePolicy.Replace, false)]
    [InlineData(UniquePolicy.Replace, true)]
    public void A_login_by_one_connection_ends_no_session_of_another(UniquePolicy unique, bool isInitialContact)
    {
        using LoopWorld world = LoopWorld.WithRealEngine(
            Policies.Of(
                RedirectPolicy.Never, new IkeLimits { SessionsPerIdentity = 1 }, Connection("staff", host: 1, unique), Connection("guest", host: 2, unique)),
            loops: 2);
        RealPeer alice = Login(world, host: 1, isInitialContact);
        RealPeer eve = Login(world, host: 2, isInitialContact);

        Assert.Equal(["guest", "staff"], world.Events.Story.OfType<SaEvent.Established>().Select(one => one.State.Facts!.Connection).Order());
        Assert.DoesNotContain(world.Events.Story, one => one is SaEvent.Ended);
        Assert.NotEqual(alice.Addresses, eve.Addresses);
        Assert.Contains(alice.CheckLiveness(), one => one is InitiatorEvent.LivenessAnswered);
    }

    private static ConnectionPolicy Connection(string name, ulong host, UniquePolicy unique)
    {
        var from = new IpAddress(LoopWorld.Address("203.0.113.0").Value + host);
        return Policies.RoadWarrior with { Name = name, Unique = unique, RemoteAddrs = [new AddressRange(from, from)] };
    }

    private static RealPeer Login(LoopWorld world, ulong host, bool isInitialContact)
    {
        var peer = new RealPeer(world, host, "alice@example.org", settings => settings with { InitialContact = isInitialContact }, host);
        Assert.Contains(peer.Login(), one => one is InitiatorEvent.Established);
        return peer;
    }
}
