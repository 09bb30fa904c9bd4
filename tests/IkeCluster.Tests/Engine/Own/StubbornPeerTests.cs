using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine.Own;

/// <summary>A peer whose answers never suit, or who undoes whatever is done, costs little and breaks nothing.</summary>
public sealed class StubbornPeerTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("net")]
    public void A_peer_that_always_wants_the_other_group_is_asked_twice_and_then_later(string? child)
    {
        ConnectionPolicy policy = EngineWorld.Psk("rw", "aes256gcm16-prfsha384-x25519", "aes128gcm16-prfsha256-ecp256");
        using var world = new EngineWorld(policy with { Children = [EngineWorld.Child("net", "aes256gcm16-x25519-ecp256")] });
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);
        int refusals = 0;
        client.Hooks.Alter = (exchange, isResponse, payloads) =>
        {
            if (exchange != ExchangeType.CreateChildSa || !isResponse || refusals == 20)
            {
                return payloads;
            }

            byte group = (byte)(++refusals % 2 == 1 ? KeyExchangeMethod.Ecp256 : KeyExchangeMethod.Curve25519);
            return PayloadChain.Of((ref PayloadWriter w) => w.Notify(NotifyType.InvalidKePayload, [0, group]));
        };

        world.Turn(world.Sa, new IkeInput.Rekey(child));
        world.Talk(client, client.Receive(world.Sent[^1], world.Clock.Now));

        Assert.Equal(2, refusals);
        Assert.True(world.Sa.Own.IsFree);
        Assert.Equal(1, child is null ? world.Sa.Own.IkeTries : world.Sa.Children[0].RekeyTries);
        Assert.True((child is null ? world.Sa.Facts!.RekeyAt : world.Sa.Children[0].RekeyAt) > world.Clock.Now);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("net")]
    public void Refusals_without_a_name_are_one_result_in_the_metrics(string? child)
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);
        client.Hooks.RefuseWith = (NotifyType)4711;

        world.Turn(world.Sa, new IkeInput.Rekey(child));
        world.Talk(client, client.Receive(world.Sent[^1], world.Clock.Now));

        Assert.Equal("Other", world.Events.OfType<SaEvent.ExchangeDone>().Last().Result);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("net")]
    public void An_answer_with_an_unknown_critical_payload_counts_for_nothing(string? child)
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);
        EspSpi old = world.Sa.Children[0].InboundSpi;
        IkeSpi spi = world.Sa.LocalSpi;
        client.Hooks.Alter = (exchange, isResponse, payloads) => exchange == ExchangeType.CreateChildSa && isResponse
            ? new PayloadChain((PayloadType)200, [(byte)payloads.First, 0x80, 0, 8, 1, 2, 3, 4, .. payloads.Octets])
            : payloads;

        world.Turn(world.Sa, new IkeInput.Rekey(child));
        world.Talk(client, client.Receive(world.Sent[^1], world.Clock.Now));

        if (child is null)
        {
            Assert.DoesNotContain(world.Events, told => told is SaEvent.IkeRekeyed);
            Assert.True(!world.Sas.TryGetValue(spi, out IkeSaState? over) || over.Phase == SaPhase.Deleting);
        }
        else
        {
            Assert.Equal([old], world.Installed);
        }
    }

    [Theory]
    [InlineData("aes256gcm16")]
    [InlineData("aes256gcm16-x25519")]
    public void A_child_that_starts_itself_is_not_asked_of_a_peer_without_the_address_it_had_to_ask_for(string esp)
    {
        using var world = new EngineWorld(EngineWorld.Psk() with { Children = [EngineWorld.Child("net", esp) with { StartsItself = true }] });
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { WantsIpv4 = false, WantsIpv6 = false });
        world.Login(client);
        world.Clock.Advance(TimeSpan.FromMinutes(1));

        world.Turn(world.Sa, new IkeInput.TimerFired());

        Assert.True(world.WakeAt[world.Sa.LocalSpi] > world.Clock.Now);
        Assert.True(world.Sa.Own.IsFree);
    }

    [Fact]
    public void Two_deletes_of_sixty_children_are_answered()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);
        PolicySet policy = world.Policy;
        world.Policy = new PolicySet(policy.Connections, policy.Pools, [], policy.Anchors, policy.Times)
        {
            Limits = new IkeLimits { ChildrenPerSa = 0, RekeysPerMinute = 0 },
        };
        while (world.Sa.Children.Length < IkeLimits.RowMax)
        {
            world.Talk(client, client.CreateChild(world.Clock.Now));
        }

        EspSpi[] spis = [.. world.Sa.Children.Select(one => one.OutboundSpi)];
        world.Talk(client, client.Inject(ExchangeType.Informational, PayloadChain.Of((ref PayloadWriter w) =>
        {
            w.DeleteChildren(SecurityProtocol.Esp, spis.AsSpan(0, 60));
            w.DeleteChildren(SecurityProtocol.Esp, spis.AsSpan(60));
        })));

        Assert.Empty(world.Sa.Children);
        Assert.Empty(world.Installed);
        Assert.Contains(world.Talk(client, client.CheckLiveness(world.Clock.Now)), told => told is InitiatorEvent.LivenessAnswered);
    }

    [Fact]
    public void A_child_that_restarts_itself_comes_back_later_each_time_and_not_for_ever()
    {
        using var two = new TwoSides(
            policy => policy with { Children = [policy.Children[0] with { RestartsItself = true }] }, "aes256gcm16");
        ConnectionPolicy plain = two.B.World.Policy.Connections[0];
        two.B.World.Policy = new PolicySet(
            [plain with { Children = [plain.Children[0] with { RestartsItself = false }] }], two.B.World.Policy.Pools, [],
            two.B.World.Policy.Anchors, two.B.World.Policy.Times);
        List<TimeSpan> waits = [];
        while (waits.Count < 100 && two.A.Sa.Children.Length == 1)
        {
            two.B.DeleteChild();
            two.Settle();
            Instant gone = two.A.World.Clock.Now;
            for (int i = 0; i < 20 && two.A.Sa.Children.IsEmpty; i++)
            {
                two.Rest(TimeSpan.FromMinutes(1));
                two.Advance(TimeSpan.FromMinutes(1));
            }

            waits.Add(two.A.Sa.Children.IsEmpty ? TimeSpan.MaxValue : two.A.Child.InstalledAt - gone);
        }

        Assert.Equal(TimeSpan.Zero, waits[0]);
        Assert.InRange(waits[1], TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15));
        Assert.Equal(TimeSpan.MaxValue, waits[^1]);
        Assert.InRange(waits.Count, 10, 20);
    }
}
