using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>EAP-MSCHAPv2 inside IKE_AUTH (RFC 7296 §2.16), from the first request to the child (TRAPS 19).</summary>
public sealed class EapLoginTests
{
    [Fact]
    public void A_user_with_the_right_password_gets_an_sa_addresses_and_a_child()
    {
        using var world = EapWorld.Of();

        ImmutableArray<InitiatorEvent> learned = world.Login(EapWorld.Alice());

        Assert.Contains(learned, one => one is InitiatorEvent.Established);
        Assert.Equal(2, world.Client!.Sa!.VirtualIps.Length);
        Assert.Single(world.Client.Children);
        SaFacts facts = world.Engine.Sa.Facts!;
        Assert.Equal(("eap-mschapv2", EngineWorld.Id("alice@example.org")), (facts.AuthMethod, facts.EapId));
        Assert.Equal("eap-mschapv2", Assert.Single(world.Engine.Events.OfType<SaEvent.Established>()).Method);
    }

    [Fact]
    public void Nothing_is_written_before_the_last_answer()
    {
        using var world = EapWorld.Of();
        world.Login(EapWorld.Alice());
        Assert.Equal(SaWriteKind.Insert, Assert.Single(world.Engine.Writes).Kind);

        // INIT, identity and proof, response, acknowledgement, AUTH.
        Assert.Equal(5, world.Engine.Received.Count);
    }

    [Theory]
    [InlineData("alice@example.org", "wrong", "the password is wrong")]
    [InlineData("mallory@example.org", EapWorld.Password, "no EAP secret for this identity")]
    [InlineData("mallory@example.org", "?", "no EAP secret for this identity")]
    public void A_wrong_password_and_an_unknown_user_end_alike_on_the_wire(string user, string password, string cause)
    {
        using var world = EapWorld.Of();

        ImmutableArray<InitiatorEvent> learned = world.Login(EapWorld.Alice(password, user));

        InitiatorEvent.Failed failed = Assert.Single(learned.OfType<InitiatorEvent.Failed>());
        Assert.Equal(("EAP failed", NotifyType.AuthenticationFailed), (failed.Cause, failed.Refusal));
        Assert.Equal((LoginFailure.WrongPassword, cause, "eap-mschapv2"), (world.Failure.Failure, world.Failure.Cause, world.Failure.Method));
        Assert.Empty(world.Engine.Sas);
        Assert.Empty(world.Engine.Writes);
    }

    [Fact]
    public void An_unknown_user_takes_as_many_messages_of_the_same_lengths_as_a_wrong_password()
    {
        using var wrong = EapWorld.Of();
        using var unknown = EapWorld.Of();
        wrong.Login(EapWorld.Alice("guess", "alice@example.org"));
        unknown.Login(EapWorld.Alice("guess", "carol@example.org"));

        // The second answer holds a certificate, whose signature varies by an octet.
        static IEnumerable<int> Lengths(EapWorld world) => world.Engine.Sent.Select((one, i) => i == 1 ? 0 : one.Length);
        Assert.Equal(Lengths(wrong), Lengths(unknown));
    }

    [Theory]
    [InlineData("bob")]
    [InlineData("EXAMPLE\\bob")]
    public void A_client_whose_idi_is_an_address_is_asked_for_its_name(string user)
    {
        using var world = EapWorld.Of(EapWorld.Connection(eapId: "%any"));
        InitiatorSettings settings = EapWorld.Alice("пароль", user, id: "192.0.2.7");
        if (user != "bob")
        {
            // Windows with a domain: the identity is asked for, and looked up as it was said.
            world.Engine.Policy = Adding(world.Engine.Policy, user);
        }

        ImmutableArray<InitiatorEvent> learned = world.Login(settings);

        Assert.Contains(learned, one => one is InitiatorEvent.Established);
        SaFacts facts = world.Engine.Sa.Facts!;
        Assert.Equal((EngineWorld.Id("192.0.2.7"), EngineWorld.Id(user)), (facts.RemoteId, facts.EapId));
    }

    [Fact]
    public void The_eap_identity_chooses_among_connections_that_answer_alike()
    {
        using var world = EapWorld.Of(
            EapWorld.Connection(eapId: "*@example.com") with { Name = "com" }, EapWorld.Connection(eapId: "*@example.org") with { Name = "org" });
        world.Login(EapWorld.Alice(id: "192.0.2.7"));
        Assert.Equal("org", world.Engine.Sa.Facts!.Connection);
    }

    [Fact]
    public void An_eap_identity_that_no_connection_takes_is_refused()
    {
        using var world = EapWorld.Of(EapWorld.Connection(eapId: "*@example.com"));
        world.Login(EapWorld.Alice(id: "192.0.2.7"));
        Assert.Equal(
            (LoginFailure.UnknownIdentity, EngineWorld.Id("alice@example.org")), (world.Failure.Failure, world.Failure.EapId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("%any")]
    [InlineData("*@example.org")]
    public void A_name_that_reads_as_a_pattern_is_nobodys(string user)
    {
        using var world = EapWorld.Of(EapWorld.Connection(eapId: "%any"));
        world.Login(EapWorld.Alice(user: user, id: "192.0.2.7"));
        Assert.Equal(LoginFailure.UnknownIdentity, world.Failure.Failure);
    }

    [Fact]
    public void An_auth_that_is_not_made_with_the_eap_key_is_refused()
    {
        using var world = EapWorld.Of();
        InitiatorSettings alice = EapWorld.Alice();

        ImmutableArray<InitiatorEvent> learned = world.Login(alice with { Proof = (InitiatorProof.Eap)alice.Proof with { SpoilsAuth = true } });

        Assert.Contains(new InitiatorEvent.Failed("IKE_AUTH refused: AUTHENTICATION_FAILED", NotifyType.AuthenticationFailed), learned);
        Assert.Equal(LoginFailure.WrongEapKey, world.Failure.Failure);
        Assert.Empty(world.Engine.Writes);
    }

    [Fact]
    public void Each_message_may_be_lost_and_is_answered_again_with_the_same_octets()
    {
        using var world = EapWorld.Of();
        using IkeInitiator client = world.Engine.Client(EapWorld.Alice());
        ImmutableArray<OutgoingMessage> asks = client.Start(world.Engine.Clock.Now).Send;
        int rounds = 0;
        while (!asks.IsEmpty)
        {
            OutgoingMessage ask = Assert.Single(asks);
            byte[] answer = Assert.Single(world.Engine.Receive(EngineWorld.SeenByUs(ask.Path), ask.Message));

            // RFC 7296 §2.1: but for the INIT, whose repeat is admission's to recognise.
            Assert.True(rounds == 0 || world.Engine.Receive(EngineWorld.SeenByUs(ask.Path), ask.Message).Single().AsSpan().SequenceEqual(answer));
            asks = client.Receive(answer, world.Engine.Clock.Now).Send;
            rounds++;
        }

        Assert.Equal(5, rounds);
        Assert.NotNull(client.Sa);
    }

    [Fact]
    public void The_addresses_are_leased_to_the_eap_identity()
    {
        using var world = EapWorld.Of(EapWorld.Connection(eapId: "%any"));
        world.Login(EapWorld.Alice(id: "192.0.2.7"));
        Assert.All(world.Engine.Leases, request => Assert.Equal(EngineWorld.Id("alice@example.org"), request.Identity));
        Assert.NotEmpty(world.Engine.Leases);
    }

    [Fact]
    public void Somebody_who_types_has_three_minutes_and_no_more()
    {
        using var world = EapWorld.Of();
        using IkeInitiator client = world.Engine.Client(EapWorld.Alice());
        OutgoingMessage init = client.Start(world.Engine.Clock.Now).Send.Single();
        OutgoingMessage auth = client.Receive(world.Engine.Receive(init.Path, init.Message).Single(), world.Engine.Clock.Now).Send.Single();
        world.Engine.Receive(auth.Path, auth.Message);

        world.Engine.Clock.Advance(TimeSpan.FromSeconds(179));
        world.Engine.Turn(Assert.Single(world.Engine.Sas).Value, new IkeInput.TimerFired());
        Assert.Single(world.Engine.Sas);

        world.Engine.Clock.Advance(TimeSpan.FromSeconds(1));
        world.Engine.Turn(Assert.Single(world.Engine.Sas).Value, new IkeInput.TimerFired());
        Assert.Empty(world.Engine.Sas);
        Assert.Equal((LoginFailure.Timeout, "eap-mschapv2"), (world.Failure.Failure, world.Failure.Method));
    }

    private static PolicySet Adding(PolicySet old, string user) => new(old.Connections, old.Pools, [], old.Anchors, old.Times)
    {
        EapSecrets = new PskStore([new SharedSecret("eap", [EngineWorld.Id(user)], IkeCluster.Crypto.SecretBytes.CopyOf("пароль"u8))]),
    };
}
