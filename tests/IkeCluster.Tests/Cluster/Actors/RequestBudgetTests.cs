using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.Cluster.Actors;

/// <summary><c>limits.requests_per_second</c>: one SA cannot have the loop to itself.</summary>
public sealed class RequestBudgetTests : IDisposable
{
    private const int PerSecond = 5;

    private readonly LoopWorld _world = LoopWorld.WithRealEngine(
        Policies.Of(RedirectPolicy.Never, new IkeLimits { RequestsPerSecond = PerSecond }, Policies.RoadWarrior));

    private readonly RealPeer _peer;

    public RequestBudgetTests()
    {
        _peer = new RealPeer(_world, seed: 1);
        _peer.Login();
        _peer.TakeSent();
    }

    [Fact]
    public void Past_the_requests_of_a_second_they_are_dropped_until_there_is_room()
    {
        Assert.All(Enumerable.Range(0, PerSecond), _ => Assert.True(IsAnswered()));

        Assert.False(IsAnswered());
        Assert.Equal([DropReason.RequestRate], _world.Events.Drops);

        _world.Pass(TimeSpan.FromSeconds(10));
        Assert.Contains(_peer.Tick(), one => one is InitiatorEvent.LivenessAnswered);
    }

    // Whoever has seen the SPIs could silence an SA otherwise.
    [Fact]
    public void Forged_requests_spend_nothing_of_the_peers()
    {
        Assert.True(IsAnswered());
        (DatagramPath path, byte[] last) = _peer.TakeSent()[^1];
        byte[] forged = [.. last];
        forged[^1] ^= 1;
        forged[23] += 1;
        for (int i = 0; i < 100; i++)
        {
            _world.Receive(path, forged);
        }

        Assert.Equal(100, _world.Events.Drops.Count(reason => reason == DropReason.BadIntegrity));
        Assert.True(IsAnswered());
    }

    public void Dispose()
    {
        _peer.Dispose();
        _world.Dispose();
    }

    private bool IsAnswered() => _peer.CheckLiveness().Exists(one => one is InitiatorEvent.LivenessAnswered);
}
