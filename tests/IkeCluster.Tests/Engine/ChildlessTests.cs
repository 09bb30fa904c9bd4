using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>An IKE SA whose first child comes later, or never (RFC 6023).</summary>
public sealed class ChildlessTests
{
    [Theory]
    [InlineData(ChildlessMode.Allow)]
    [InlineData(ChildlessMode.Prefer)]
    [InlineData(ChildlessMode.Force)]
    public void A_login_without_a_child_gets_its_addresses_and_makes_the_child_later(ChildlessMode mode)
    {
        using var world = new EngineWorld(EngineWorld.Psk() with { Childless = mode });
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { Childless = true });

        ImmutableArray<InitiatorEvent> learned = world.Login(client);

        Assert.DoesNotContain(learned, one => one is InitiatorEvent.ChildRefused);
        Assert.DoesNotContain(world.Events, one => one is SaEvent.ChildRefused);
        Assert.Equal(2, client.Sa!.VirtualIps.Length);
        Assert.Contains(NotifyType.ChildlessIkev2Supported, client.Sa.PeerNotifies);

        world.Talk(client, client.CreateChild(world.Clock.Now));

        Assert.Single(client.Children);
        Assert.Single(world.Sa.Children);
    }

    [Fact]
    public void Where_it_is_not_allowed_it_is_not_offered_and_the_child_is_missed()
    {
        using var world = new EngineWorld(EngineWorld.Psk() with { Childless = ChildlessMode.Never });
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { Childless = true });

        ImmutableArray<InitiatorEvent> learned = world.Login(client);

        Assert.DoesNotContain(NotifyType.ChildlessIkev2Supported, client.Sa!.PeerNotifies);
        Assert.Equal(NotifyType.NoProposalChosen, Assert.Single(learned.OfType<InitiatorEvent.ChildRefused>()).Refusal);
    }

    [Fact]
    public void Where_it_is_the_only_way_a_first_child_is_refused()
    {
        using var world = new EngineWorld(EngineWorld.Psk() with { Childless = ChildlessMode.Force });
        using IkeInitiator client = world.Client(EngineWorld.Alice());

        ImmutableArray<InitiatorEvent> learned = world.Login(client);

        Assert.Equal(NotifyType.NoProposalChosen, Assert.Single(learned.OfType<InitiatorEvent.ChildRefused>()).Refusal);
        Assert.Equal(SaPhase.Established, world.Sa.Phase);
    }
}
