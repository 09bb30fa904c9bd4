using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine.Own;

/// <summary>Child SAs that this side makes, and what it does where the peer refuses (RFC 7296 §1.3.1, 2.25.1).</summary>
public sealed class OwnChildTests
{
    [Fact]
    public void A_group_that_the_peer_wants_instead_is_offered_at_once()
    {
        using var two = new TwoSides(esp: "aes256gcm16-x25519-ecp256");
        Only(two.B, "aes256gcm16-ecp256");

        two.A.RekeyChild();
        two.A.HandOver();
        two.B.HandOver();

        Assert.Equal(KeyExchangeMethod.Ecp256, two.A.Sa.Own.Pending!.Offer!.Group());
        two.AssertOneOfEach();
        Assert.Equal(KeyExchangeMethod.Ecp256, two.A.Child.Proposal.KeyExchange);
    }

    [Fact]
    public void A_group_that_we_never_offered_is_no_reason_to_try_again_at_once()
    {
        using var two = new TwoSides(esp: "aes256gcm16-x25519");
        Only(two.B, "aes256gcm16-x25519-ecp256");
        Only(two.A, "aes256gcm16-x25519");
        Only(two.B, "aes256gcm16-ecp384");
        two.A.RekeyChild();
        two.A.HandOver();
        two.B.HandOver();
        Assert.True(two.A.Sa.Own.IsFree);
        Assert.Equal(1, two.A.Child.RekeyTries);
    }

    [Fact]
    public void A_refused_rekey_is_asked_again_later_and_later_and_the_old_child_stays()
    {
        using var two = new TwoSides(esp: "aes256gcm16");
        Only(two.B, "aes128-sha256");
        EspSpi old = two.A.Child.InboundSpi;
        Instant begun = two.A.World.Clock.Now;
        two.A.RekeyChild();
        List<double> waits = [];
        two.Settle();
        while (two.A.Child.RekeyAt != Instant.Never)
        {
            Instant asked = two.A.World.Clock.Now;
            waits.Add((two.A.Child.RekeyAt - asked).TotalSeconds);
            two.A.World.Clock.AdvanceTo(two.A.Child.RekeyAt);
            two.B.World.Clock.AdvanceTo(two.A.Child.RekeyAt);
            two.A.Wake(two.A.Sa.LocalSpi);
            two.Settle();
        }

        SaEvent.PeerRefused[] told = [.. two.A.World.Events.OfType<SaEvent.PeerRefused>()];
        Assert.Equal(13, told.Length);
        Assert.All(told, one => Assert.Equal((OwnRequestKind.RekeyChild, "net", NotifyType.NoProposalChosen), (one.Kind, one.ChildName, one.Why)));
        Assert.Equal((two.A.Child.ExpireAt, Instant.Never), (told[0].EndsAt, told[^1].RetryAt));
        Assert.Equal(waits[0], (told[0].RetryAt - begun).TotalSeconds);

        // Back-off with a chance of its own for each side, and an end; what is left is the hard lifetime.
        Assert.Equal(12, waits.Count);
        Assert.InRange(waits[0], 5, 15);
        Assert.InRange(waits[3], 40, 120);
        Assert.All(waits, wait => Assert.InRange(wait, 5, 900));
        Assert.Equal(waits.Count, waits.Distinct().Count());
        Assert.Equal(old, two.A.Child.InboundSpi);
        two.AssertAgree(children: 1);
    }

    [Fact]
    public void A_child_that_the_peer_has_not_is_dropped_quietly_and_made_anew()
    {
        using var two = new TwoSides(esp: "aes256gcm16");
        EspSpi old = two.A.Child.InboundSpi;
        two.Advance(TimeSpan.FromMinutes(5));
        two.B.World.Sas[two.B.Sa.LocalSpi] = two.B.Sa with { Children = [] };
        two.B.World.Installed.Clear();

        two.A.RekeyChild();
        two.A.HandOver();
        two.B.HandOver();
        Assert.Empty(two.A.World.Installed);
        Assert.Empty(two.A.Wire);
        Assert.Equal("net", Assert.Single(two.A.Sa.Own.Wanted).Name);
        two.A.Crash();

        two.AssertOneOfEach();
        Assert.NotEqual(old, two.A.Child.InboundSpi);
        Assert.Empty(two.A.Sa.Own.Wanted);
    }

    [Fact]
    public void A_child_that_starts_itself_waits_a_little_for_the_client_to_make_it()
    {
        using var world = new EngineWorld(EngineWorld.Psk() with
        {
            Children = [EngineWorld.Child("net"), EngineWorld.Child("voice") with { StartsItself = true }],
        });
        using IkeCluster.TestKit.Initiator.IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);
        Assert.Equal("voice", Assert.Single(world.Sa.Own.Wanted).Name);
        int sent = world.Sent.Count;
        world.Clock.Advance(TimeSpan.FromSeconds(4));
        world.Turn(world.Sa, new IkeInput.TimerFired());
        Assert.Equal(sent, world.Sent.Count);

        world.Clock.Advance(TimeSpan.FromSeconds(1));
        world.Turn(world.Sa, new IkeInput.TimerFired());

        Assert.Equal(OwnRequestKind.CreateChild, world.Sa.Own.Pending!.Kind);
        Assert.Equal([world.Sa.Facts!.VirtualIps[0].Address], world.Sa.Own.Pending.Offer!.Selectors(IkeCluster.Protocol.Message.PayloadType.TsResponder).Where(one => one.IsV4).Select(one => one.Start));
    }

    [Fact]
    public void A_child_that_restarts_itself_comes_back_when_the_peer_deletes_it()
    {
        using var two = new TwoSides(
            policy => policy with { Children = [policy.Children[0] with { RestartsItself = true }] }, "aes256gcm16");
        two.B.World.Policy = EngineWorldPolicy(two.B, child => child with { RestartsItself = false });
        two.B.DeleteChild();
        two.AssertOneOfEach();
        Assert.True(two.A.Child.IsInitiator);

        // What we delete ourselves stays deleted.
        two.A.DeleteChild();
        two.Rest(TimeSpan.FromMinutes(1));
        two.AssertAgree(children: 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_order_to_delete_a_child_that_is_being_rekeyed_means_its_successor_as_well(bool isLost)
    {
        using var two = new TwoSides();
        two.Advance(TimeSpan.FromMinutes(10));
        two.A.RekeyChild();
        two.A.DeleteChild();
        if (isLost)
        {
            two.B.World.Sas[two.B.Sa.LocalSpi] = two.B.Sa with { Children = [] };
            two.B.World.Installed.Clear();
        }

        two.Rest(TimeSpan.FromMinutes(10));

        two.AssertAgree(children: 0);
    }

    [Fact]
    public void A_hard_lifetime_that_ends_while_a_child_is_being_rekeyed_means_the_old_one_alone()
    {
        using var two = new TwoSides();
        EspSpi old = two.A.Child.InboundSpi;
        two.A.RekeyChild();
        two.A.Order(new IkeInput.ChildExpiring(old, IsHard: true));
        Assert.Empty(two.A.World.Installed);
        two.AssertOneOfEach();
        Assert.NotEqual(old, two.A.Child.InboundSpi);
    }

    [Fact]
    public void Transport_mode_is_asked_for_and_kept_by_a_rekey()
    {
        using var two = new TwoSides(
            policy => policy with { Children = [policy.Children[0] with { Mode = ChildMode.Transport }] }, "aes256gcm16");
        two.A.World.Sas[two.A.Sa.LocalSpi] = two.A.Sa with { Children = [two.A.Child with { Mode = ChildMode.Transport }] };
        two.A.RekeyChild();
        two.AssertOneOfEach();
        Assert.Equal((ChildMode.Transport, ChildMode.Transport), (two.A.Child.Mode, two.B.Child.Mode));
    }

    [Fact]
    public void An_answer_that_fits_no_offer_leaves_the_old_child_and_deletes_what_the_peer_may_have_made()
    {
        using var two = new TwoSides(esp: "aes256gcm16");
        two.A.RekeyChild();
        EspSpi asked = two.A.Sa.Own.Pending!.Offer!.ChildSpi();
        EspSpi old = two.A.Child.InboundSpi;

        // The peer answers as if it had been offered another cipher.
        OwnRequest own = two.A.Sa.Own.Pending;
        byte[] chain = [.. own.Offer!.Request.Chain];
        int key = chain.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x80, 14, 1, 0]);
        chain[key + 2] = 0;
        chain[key + 3] = 128;
        two.A.World.Sas[two.A.Sa.LocalSpi] = two.A.Sa with
        {
            Own = two.A.Sa.Own with { Pending = own with { Offer = own.Offer with { Request = own.Offer.Request with { Chain = chain } } } },
        };
        two.A.HandOver();
        two.B.HandOver();

        Assert.Equal((OwnRequestKind.DeleteChild, asked), (two.A.Sa.Own.Pending!.Kind, two.A.Sa.Own.Pending.Child));
        two.Settle();
        Assert.Equal([old], two.A.World.Installed);
        Assert.Equal(NotifyType.None, Assert.Single(two.A.World.Events.OfType<SaEvent.PeerRefused>()).Why);
    }

    [Fact]
    public void A_child_that_the_peer_will_not_make_is_told_too()
    {
        using var two = new TwoSides(policy => policy with { Children = [policy.Children[0], EngineWorld.Child("voice") with { StartsItself = true }] });
        two.B.World.Policy = EngineWorldPolicy(
            two.B, child => child.Name == "net" ? child : child with { EspProposals = [EngineWorld.Proposals("aes128-sha256", SecurityProtocol.Esp)] });
        two.A.World.Sas[two.A.Sa.LocalSpi] = two.A.Sa with { Own = two.A.Sa.Own with { Wanted = [new WantedChild("voice", two.A.World.Clock.Now)] } };
        two.A.Wake(two.A.Sa.LocalSpi);
        two.Settle();

        SaEvent.PeerRefused told = Assert.Single(two.A.World.Events.OfType<SaEvent.PeerRefused>());
        Assert.Equal((OwnRequestKind.CreateChild, "voice"), (told.Kind, told.ChildName));
        Assert.Equal((Assert.Single(two.A.Sa.Own.Wanted).At, Instant.Never), (told.RetryAt, told.EndsAt));
    }

    [Theory]
    [InlineData(ChildEndCause.OperatorDelete, ChildEndCause.PeerDelete)]
    [InlineData(ChildEndCause.Expired, ChildEndCause.PeerDelete)]
    [InlineData(ChildEndCause.Rekeyed, ChildEndCause.Rekeyed)]
    public void Both_ends_of_a_child_that_goes_say_why(ChildEndCause ours, ChildEndCause theirs)
    {
        using var two = new TwoSides(esp: "aes256gcm16");
        _ = ours switch
        {
            ChildEndCause.Expired => two.A.Order(new IkeInput.ChildExpiring(two.A.Child.InboundSpi, IsHard: true)),
            ChildEndCause.Rekeyed => two.A.RekeyChild(),
            _ => two.A.DeleteChild(),
        };
        two.Settle();

        Assert.Equal(ours, Assert.Single(two.A.World.Events.OfType<SaEvent.ChildRemoved>()).Cause);
        Assert.Equal(theirs, Assert.Single(two.B.World.Events.OfType<SaEvent.ChildRemoved>()).Cause);
    }

    [Fact]
    public void A_peer_that_could_not_read_us_ends_the_sa_without_a_delete()
    {
        using var two = new TwoSides(esp: "aes256gcm16");
        two.A.RekeyChild();
        two.A.Lose();

        // The peer's answer, as if it had found our request malformed.
        IkeSaState peer = two.B.Sa;
        (_, IkeEffect send) = IkeCluster.Engine.Exchanges.Reply.Notify(
            peer, peer.Path, IkeCluster.Protocol.Message.ExchangeType.CreateChildSa, NotifyType.InvalidSyntax, [], two.B.World.Context);
        two.B.Deliver(((IkeEffect.Send)send).Datagrams[0]);

        Assert.Empty(two.A.World.Sas);
        Assert.Empty(two.A.Wire);
        Assert.Equal(EndCause.Failed, two.A.World.Events.OfType<SaEvent.Ended>().Single().Cause);
    }

    [Fact]
    public void A_data_plane_that_tells_at_every_packet_hurries_no_refused_rekey()
    {
        using var two = new TwoSides(esp: "aes256gcm16");
        Only(two.B, "aes128-sha256");
        EspSpi child = two.A.Child.InboundSpi;
        two.A.Order(new IkeInput.ChildExpiring(child, IsHard: false));
        two.Settle();
        Instant later = two.A.Child.RekeyAt;

        two.A.Order(new IkeInput.ChildExpiring(child, IsHard: false));

        Assert.Empty(two.A.Wire);
        Assert.Equal(later, two.A.Child.RekeyAt);
    }

    private static PolicySet EngineWorldPolicy(Side side, Func<ChildPolicy, ChildPolicy> change)
    {
        ConnectionPolicy connection = side.World.Policy.Connections[0];
        return new PolicySet(
            [connection with { Children = [.. connection.Children.Select(change)] }],
            side.World.Policy.Pools, [], side.World.Policy.Anchors, side.World.Policy.Times);
    }

    private static void Only(Side side, string esp) => side.World.Policy = EngineWorldPolicy(
        side, child => child with { EspProposals = [EngineWorld.Proposals(esp, SecurityProtocol.Esp)] });
}
