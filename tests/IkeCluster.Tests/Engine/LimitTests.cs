using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>What a peer that has logged in may ask of the engine: <c>limits</c> of the configuration.</summary>
public sealed class LimitTests : IDisposable
{
    private const int RekeysPerMinute = 3;

    private readonly EngineWorld _world = new(EngineWorld.Psk());
    private readonly IkeInitiator _client;

    public LimitTests()
    {
        _client = _world.Client(EngineWorld.Alice() with { FragmentOctets = 200 });
        _world.Login(_client);
        Allow(new IkeLimits { RekeysPerMinute = RekeysPerMinute });
    }

    [Fact]
    public void Past_the_rekeys_of_a_minute_a_peer_is_told_to_wait()
    {
        Assert.All(Enumerable.Range(0, RekeysPerMinute), _ => Assert.Contains(RekeyChild(), one => one is InitiatorEvent.ChildRekeyed));

        Assert.Contains(RekeyChild(), one => one is InitiatorEvent.ChildRefused { Refusal: NotifyType.TemporaryFailure });
        Assert.Equal("rekeys_per_minute", Assert.Single(_world.Events.OfType<SaEvent.LimitReached>()).Limit);

        _world.Clock.Advance(IkeLimits.RekeyPeriod / RekeysPerMinute);
        Assert.Contains(RekeyChild(), one => one is InitiatorEvent.ChildRekeyed);
        Assert.Contains(RekeyChild(), one => one is InitiatorEvent.ChildRefused);
    }

    [Fact]
    public void A_new_child_counts_as_a_rekey_does()
    {
        Assert.All(Enumerable.Range(0, RekeysPerMinute), _ => Assert.Contains(CreateChild(), one => one is InitiatorEvent.ChildEstablished));

        Assert.Contains(CreateChild(), one => one is InitiatorEvent.ChildRefused { Refusal: NotifyType.TemporaryFailure });
    }

    // Each costs us a key exchange and a commit: a fresh count with each new SA would be none.
    [Fact]
    public void A_rekey_of_the_ike_sa_hands_its_count_on()
    {
        Assert.All(Enumerable.Range(0, RekeysPerMinute), _ => Assert.Contains(RekeyIke(), one => one is InitiatorEvent.IkeRekeyed));

        Assert.Contains(RekeyIke(), one => one is InitiatorEvent.IkeRekeyRefused { Refusal: NotifyType.TemporaryFailure });
    }

    [Fact]
    public void A_client_that_rekeys_all_its_children_at_once_is_within_the_default()
    {
        Allow(new IkeLimits());

        Assert.All(Enumerable.Range(0, 4), _ => Assert.Contains(CreateChild(), one => one is InitiatorEvent.ChildEstablished));
        Assert.All(Enumerable.Range(0, 5), _ => Assert.Contains(RekeyChild(), one => one is InitiatorEvent.ChildRekeyed));
        Assert.Contains(RekeyIke(), one => one is InitiatorEvent.IkeRekeyed);
    }

    [Fact]
    public void Zero_is_no_limit()
    {
        Allow(new IkeLimits { RekeysPerMinute = 0 });

        Assert.All(Enumerable.Range(0, 100), _ => Assert.Contains(RekeyChild(), one => one is InitiatorEvent.ChildRekeyed));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(64, true)]
    [InlineData(0, true)]
    public void A_message_of_more_fragments_than_allowed_is_dropped(int fragmentsPerSa, bool isAnswered)
    {
        Allow(new IkeLimits { FragmentsPerSa = fragmentsPerSa });

        ImmutableArray<InitiatorEvent> learned = CreateChild();

        Assert.Equal(isAnswered, learned.Any(one => one is InitiatorEvent.ChildEstablished));
        Assert.Equal(!isAnswered, _world.Drops.Contains(DropReason.FragmentLimit));
        Assert.Null(_world.Sa.Window.Reassembly);
    }

    [Fact]
    public void A_meter_has_room_for_the_limit_at_once_and_then_for_one_at_a_time()
    {
        var now = new Instant(1_790_000_000_000_000);
        TimeSpan second = IkeLimits.RequestPeriod;
        RateMeter meter = default;
        for (int i = 0; i < 7; i++)
        {
            Assert.True(meter.HasRoom(7, second, now));
            meter = meter.Take(7, second, now);
        }

        Assert.False(meter.HasRoom(7, second, now));
        Assert.False(meter.HasRoom(7, second, now + (second / 8)));
        Assert.True(meter.HasRoom(7, second, now + (second / 7)));
        Assert.Equal(default, default(RateMeter).Take(0, second, now));
    }

    public void Dispose()
    {
        _client.Dispose();
        _world.Dispose();
    }

    private void Allow(IkeLimits limits)
    {
        PolicySet old = _world.Policy;
        _world.Policy = new PolicySet(old.Connections, old.Pools, [], old.Anchors, old.Times) { Limits = limits };
    }

    private ImmutableArray<InitiatorEvent> RekeyChild() =>
        _world.Talk(_client, _client.RekeyChild(_client.Children[0], _world.Clock.Now));

    private ImmutableArray<InitiatorEvent> CreateChild() => _world.Talk(_client, _client.CreateChild(_world.Clock.Now));

    private ImmutableArray<InitiatorEvent> RekeyIke() => _world.Talk(_client, _client.RekeyIke(_world.Clock.Now));
}
