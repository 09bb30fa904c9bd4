using IkeCluster.Cluster.Actors;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Payloads;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Region;

/// <summary>A loop that drains sends its clients elsewhere (RFC 5685), the new ones and those that it has.</summary>
public sealed class DrainRedirectTests : IDisposable
{
    private readonly LoopWorld _world = LoopWorld.WithRealEngine(SendingOn());

    public void Dispose() => _world.Dispose();

    [Fact]
    public void A_new_client_is_told_where_to_go_and_leaves_nothing_behind()
    {
        Drain();
        using var client = new RealPeer(_world, 1, change: Understanding);

        Assert.Contains(client.Login(), one => one is InitiatorEvent.Notified { Type: NotifyType.Redirect });
        Assert.Equal(0, _world.Loop.Counters.HalfOpen);
        Assert.Equal(0, _world.Established);
    }

    [Fact]
    public void A_new_client_that_does_not_understand_gets_no_answer()
    {
        Drain();
        using var client = new RealPeer(_world, 1);

        Assert.Empty(client.Login());
        Assert.Contains(DropReason.Overload, _world.Events.Drops);
    }

    [Fact]
    public void Every_client_that_has_an_sa_is_told_where_to_go_and_may_say_goodbye()
    {
        RealPeer[] clients = [.. Enumerable.Range(1, 40).Select(i => new RealPeer(_world, (ulong)i, change: Understanding))];
        foreach (RealPeer client in clients)
        {
            client.Login();
        }

        Drain();

        foreach (RealPeer client in clients)
        {
            Assert.Contains(client.Listen(), one => one is InitiatorEvent.Notified { Type: NotifyType.Redirect });
            client.Run((initiator, now) => initiator.DeleteIke(now));
            client.Dispose();
        }

        Assert.Equal(0, _world.Established);
        Assert.Equal(40, _world.Events.Story.OfType<SaEvent.Redirected>().Count());
    }

    [Fact]
    public void A_client_whose_SA_is_in_its_row_only_is_told_too()
    {
        using var client = new RealPeer(_world, 1, change: Understanding);
        client.Login();
        _world.Pass(TimeSpan.FromMinutes(30));
        Assert.Equal(0, _world.InMemory);

        Drain();

        Assert.Contains(client.Listen(), one => one is InitiatorEvent.Notified { Type: NotifyType.Redirect });
    }

    private static InitiatorSettings Understanding(InitiatorSettings settings) => settings with { InitNotifies = [NotifyType.RedirectSupported] };

    private static PolicySet SendingOn()
    {
        Assert.True(GatewayIdentity.TryParse("vpn2.example.org", out GatewayIdentity? gateway));
        return Policies.Of(new RedirectPolicy(RedirectWhen.Drain, gateway), new IkeLimits(), Policies.RoadWarrior);
    }

    private void Drain()
    {
        Assert.True(_world.Loop.TryPost(new LoopMessage.Drain()));
        _world.Run();
        _world.Pass(TimeSpan.FromSeconds(1));
    }
}
