using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>IKE_SA_INIT and IKE_AUTH with a pre-shared key (RFC 7296 §1.2, 2.15, 2.19, 2.21.2).</summary>
public sealed class LoginTests
{
    [Fact]
    public void A_client_with_the_right_secret_gets_an_sa_addresses_and_a_child()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());

        ImmutableArray<InitiatorEvent> learned = world.Login(client);

        Assert.Contains(learned, one => one is InitiatorEvent.Established);
        Assert.Equal(2, client.Sa!.VirtualIps.Length);
        Assert.Equal([IpAddress.V4(0x0a400001)], client.Sa.DnsServers);
        InitiatorChild child = Assert.Single(client.Children);
        Assert.Equal(client.Sa.VirtualIps.Select(TrafficSelector.Host), child.LocalTs);
        SaWrite write = Assert.Single(world.Writes);
        Assert.Equal((SaWriteKind.Insert, 1L), (write.Kind, write.State.RowVersion));
        Assert.Equal(EngineWorld.Id("alice@example.org"), world.Sa.Facts!.RemoteId);
    }

    [Fact]
    public void Both_sides_derive_the_same_child_keys()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);

        IkeCluster.Engine.Children.ChildSa ours = Assert.Single(world.Sa.Children);
        InitiatorChild theirs = Assert.Single(client.Children);

        Assert.True(ours.Keys.EncryptionInitiator.FixedTimeEquals(theirs.Keys.EncryptionInitiator.Reveal()));
        Assert.True(ours.Keys.EncryptionResponder.FixedTimeEquals(theirs.Keys.EncryptionResponder.Reveal()));
        Assert.Equal((ours.InboundSpi, ours.OutboundSpi), (theirs.OutboundSpi, theirs.InboundSpi));
    }

    [Fact]
    public void A_wrong_secret_gets_authentication_failed_and_leaves_nothing()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice(secret: "wrong"));

        ImmutableArray<InitiatorEvent> learned = world.Login(client);

        Assert.Equal(NotifyType.AuthenticationFailed, learned.OfType<InitiatorEvent.Failed>().Single().Refusal);
        SaEvent.LoginFailed failed = Assert.Single(world.Events.OfType<SaEvent.LoginFailed>());
        Assert.Equal(LoginFailure.WrongPsk, failed.Failure);
        Assert.Empty(world.Sas);
        Assert.Empty(world.Writes);
    }

    [Theory]
    [InlineData("mallory@example.com", LoginFailure.UnknownIdentity)]
    [InlineData("bob@example.org", LoginFailure.WrongPsk)]
    public void An_identity_that_nobody_named_is_refused_with_its_cause(string id, LoginFailure cause)
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice(id: id));

        ImmutableArray<InitiatorEvent> learned = world.Login(client);

        Assert.Equal(NotifyType.AuthenticationFailed, learned.OfType<InitiatorEvent.Failed>().Single().Refusal);
        Assert.Equal(cause, Assert.Single(world.Events.OfType<SaEvent.LoginFailed>()).Failure);
    }

    [Fact]
    public void A_first_guess_of_another_group_is_sent_back_with_the_right_one()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        Proposal both = EngineWorld.Proposals("aes256gcm16-prfsha384-ecp256-x25519", SecurityProtocol.Ike);
        using IkeInitiator client = world.Client(
            EngineWorld.Alice() with { IkeProposals = [both], FirstGuess = KeyExchangeMethod.Ecp256 });

        world.Login(client);

        Assert.Equal(KeyExchangeMethod.Curve25519, client.Sa!.Proposal.KeyExchange);
    }

    [Fact]
    public void No_common_proposal_is_refused_without_state()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(
            EngineWorld.Alice() with { IkeProposals = [EngineWorld.Proposals("aes128-sha256-modp2048", SecurityProtocol.Ike)] });

        ImmutableArray<InitiatorEvent> learned = world.Login(client);

        Assert.Equal(NotifyType.NoProposalChosen, learned.OfType<InitiatorEvent.Failed>().Single().Refusal);
        Assert.Empty(world.Sas);
    }

    [Fact]
    public void A_repeated_first_message_gets_the_same_octets_and_no_second_key_exchange()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        OutgoingMessage init = client.Start(world.Clock.Now).Send.Single();
        byte[] first = world.Receive(init.Path, init.Message).Single();

        IkeSaState halfOpen = Assert.Single(world.Sas).Value;
        world.Turn(halfOpen, new IkeInput.Datagram(init.Path, init.Message.ToArray()));

        Assert.Equal(first, world.Sent[^1]);
        Assert.Equal(2, world.Sent.Count);
    }

    [Fact]
    public void A_child_that_fails_leaves_the_ike_sa_without_it()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(
            EngineWorld.Alice() with { EspProposals = [EngineWorld.Proposals("aes128-sha256", SecurityProtocol.Esp)] });

        ImmutableArray<InitiatorEvent> learned = world.Login(client);

        Assert.Equal(NotifyType.NoProposalChosen, learned.OfType<InitiatorEvent.ChildRefused>().Single().Refusal);
        Assert.Equal(SaPhase.Established, world.Sa.Phase);
        Assert.Empty(world.Sa.Children);
    }

    [Fact]
    public void A_refused_child_says_what_was_offered_and_no_more_than_fits_a_line()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        Proposal one = EngineWorld.Proposals("aes128-sha256", SecurityProtocol.Esp);
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { EspProposals = [.. Enumerable.Repeat(one, 20)] });
        world.Login(client);

        string detail = Assert.Single(world.Events.OfType<SaEvent.ChildRefused>()).Detail;
        Assert.StartsWith("the peer offers AES_CBC-128/HMAC_SHA2_256_128, AES_CBC-128/", detail, StringComparison.Ordinal);
        Assert.EndsWith(" and 16 more", detail, StringComparison.Ordinal);
        Assert.InRange(detail.Length, 1, 200);
    }

    [Fact]
    public void A_refused_child_says_which_selectors_were_asked_for()
    {
        ChildPolicy narrow = EngineWorld.Child("net") with { LocalTs = [new SelectorPolicy(IsDynamic: false, TrafficSelector.Host(IpAddress.V4(0x0a000001)))] };
        using var world = new EngineWorld(EngineWorld.Psk() with { Children = [narrow] });
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { RemoteTs = [TrafficSelector.Host(IpAddress.V4(0x0b000001))] });
        world.Login(client);

        SaEvent.ChildRefused refused = Assert.Single(world.Events.OfType<SaEvent.ChildRefused>());
        Assert.Equal("TsUnacceptable", refused.Cause);
        Assert.StartsWith("the peer asks for 11.0.0.1/32 === ", refused.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("full4", true, true, "pool full4 is full")]
    [InlineData("full4", false, true, "the connection has no pool of IPv6 addresses")]
    [InlineData("full4 full6", true, true, "pools full4, full6 are full")]
    [InlineData("full4 full6", false, true, "pool full6 is full")]
    public void A_login_without_an_address_names_the_pools(string pools, bool wantsIpv4, bool wantsIpv6, string detail)
    {
        using var world = new EngineWorld(EngineWorld.Psk() with { Pools = [.. pools.Split(' ')] });
        PolicySet old = world.Policy;
        world.Policy = new PolicySet(
            old.Connections, [old.Pools[0] with { Name = "full4" }, old.Pools[1] with { Name = "full6" }],
            [new SharedSecret("alice", [EngineWorld.Id("alice@example.org")], SecretBytes.CopyOf("correct horse"u8))], old.Anchors, old.Times);
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { WantsIpv4 = wantsIpv4, WantsIpv6 = wantsIpv6 });
        world.Login(client);

        SaEvent.ChildRefused refused = Assert.Single(world.Events.OfType<SaEvent.ChildRefused>());
        Assert.Equal(("InternalAddressFailure", detail), (refused.Cause, refused.Detail));
    }

    [Fact]
    public void An_address_that_was_taken_meanwhile_is_chosen_again()
    {
        using var world = new EngineWorld(EngineWorld.Psk()) { ConflictsToCome = 2 };
        using IkeInitiator client = world.Client(EngineWorld.Alice());

        world.Login(client);

        Assert.Equal(world.Sa.Facts!.VirtualIps.Select(one => one.Address), client.Sa!.VirtualIps);
        Assert.Single(world.Writes);
    }

    [Fact]
    public void An_ike_auth_with_a_broken_icv_costs_one_drop_and_one_secret()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        OutgoingMessage init = client.Start(world.Clock.Now).Send.Single();
        byte[] answer = world.Receive(init.Path, init.Message).Single();
        OutgoingMessage auth = client.Receive(answer, world.Clock.Now).Send.Single();
        byte[] broken = auth.Message.ToArray();
        broken[^1] ^= 1;

        Assert.Empty(world.Receive(auth.Path, broken));
        Assert.Equal(DropReason.BadIntegrity, world.Drops[^1]);

        byte[] reply = world.Receive(auth.Path, auth.Message).Single();
        Assert.Contains(client.Receive(reply, world.Clock.Now).Events, one => one is InitiatorEvent.Established);
    }

    [Fact]
    public void A_half_open_sa_ends_by_its_timeout()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        OutgoingMessage init = client.Start(world.Clock.Now).Send.Single();
        world.Receive(init.Path, init.Message);
        world.Clock.Advance(TimeSpan.FromSeconds(30));

        world.Turn(Assert.Single(world.Sas).Value, new IkeInput.TimerFired());

        Assert.Empty(world.Sas);
        Assert.Equal(LoginFailure.Timeout, Assert.Single(world.Events.OfType<SaEvent.LoginFailed>()).Failure);
    }

    [Fact]
    public void The_most_specific_connection_serves_the_peer()
    {
        ConnectionPolicy wide = EngineWorld.Psk("wide");
        ConnectionPolicy exact = EngineWorld.Psk("exact") with
        {
            Remote = wide.Remote with { Id = EngineWorld.Id("alice@example.org") },
        };
        using var world = new EngineWorld(wide, exact);
        using IkeInitiator client = world.Client(EngineWorld.Alice());

        world.Login(client);

        Assert.Equal("exact", world.Sa.Facts!.Connection);
    }

    [Fact]
    public void A_fragmented_request_is_put_together_and_its_answer_repeated_only_for_fragment_one()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice() with { FragmentOctets = 200 });
        OutgoingMessage init = client.Start(world.Clock.Now).Send.Single();
        byte[] answer = world.Receive(init.Path, init.Message).Single();
        ImmutableArray<OutgoingMessage> auth = client.Receive(answer, world.Clock.Now).Send;
        Assert.True(auth.Length > 1);

        List<byte[]> reply = [.. auth.SelectMany(one => world.Receive(one.Path, one.Message))];
        Assert.Contains(reply.SelectMany(one => client.Receive(one, world.Clock.Now).Events), one => one is InitiatorEvent.Established);

        Assert.Empty(world.Receive(auth[1].Path, auth[1].Message));
        Assert.Equal(reply, world.Receive(auth[0].Path, auth[0].Message));
    }
}
