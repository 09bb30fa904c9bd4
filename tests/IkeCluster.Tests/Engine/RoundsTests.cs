using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>Several rounds of authentication (RFC 4739): the machine by certificate, then its user by password.</summary>
public sealed class RoundsTests
{
    private static ConnectionPolicy CertificateThenEap(string? eapId = null) => EapWorld.Connection() with
    {
        Remote = EapWorld.ByCertificate(),
        LaterRounds = [EapWorld.Connection(eapId).Remote],
    };

    private static InitiatorSettings MachineThenAlice(string password = EapWorld.Password) => EapWorld.Alice() with
    {
        LocalId = EngineWorld.Id("laptop.example.org"),
        Proof = EapWorld.Machine(),
        LaterRounds = [new AuthRound(EngineWorld.Id("alice@example.org"), EapWorld.Alice(password).Proof)],
    };

    [Theory]
    [InlineData(null)]
    [InlineData("%any")]
    public void A_certificate_and_then_a_password_make_one_login(string? eapId)
    {
        using var world = EapWorld.Of(CertificateThenEap(eapId));

        ImmutableArray<InitiatorEvent> learned = world.Login(MachineThenAlice());

        Assert.Contains(learned, one => one is InitiatorEvent.Established);
        SaFacts facts = world.Engine.Sa.Facts!;
        Assert.Equal(("ECDSA_WITH_SHA256_DER+eap-mschapv2", EngineWorld.Id("alice@example.org")), (facts.AuthMethod, facts.EapId));
        Assert.Single(world.Client!.Children);
    }

    [Fact]
    public void A_password_and_then_a_certificate_work_too()
    {
        using var world = EapWorld.Of(EapWorld.Connection() with { LaterRounds = [EapWorld.ByCertificate()] });

        world.Login(EapWorld.Alice() with { LaterRounds = [new AuthRound(EngineWorld.Id("laptop.example.org"), EapWorld.Machine())] });

        SaFacts facts = world.Engine.Sa.Facts!;
        Assert.Equal(
            (EngineWorld.Id("laptop.example.org"), EngineWorld.Id("alice@example.org"), "eap-mschapv2+ECDSA_WITH_SHA256_DER"),
            (facts.RemoteId, facts.EapId, facts.AuthMethod));
    }

    [Fact]
    public void A_wrong_password_after_a_good_certificate_ends_the_login()
    {
        using var world = EapWorld.Of(CertificateThenEap());
        world.Login(MachineThenAlice("wrong"));
        Assert.Equal((LoginFailure.WrongPassword, "eap-mschapv2"), (world.Failure.Failure, world.Failure.Method));
        Assert.Empty(world.Engine.Sas);
    }

    [Fact]
    public void A_strangers_certificate_never_gets_to_the_password()
    {
        using var world = EapWorld.Of(CertificateThenEap());
        world.Login(MachineThenAlice() with { LocalId = EngineWorld.Id("server.example.org") });
        Assert.Equal(LoginFailure.BadCertificate, world.Failure.Failure);
        Assert.Equal(2, world.Engine.Received.Count);
    }

    [Fact]
    public void A_peer_that_leaves_the_second_round_out_is_refused()
    {
        using var world = EapWorld.Of(CertificateThenEap());

        ImmutableArray<InitiatorEvent> learned = world.Login(MachineThenAlice() with { LaterRounds = [] });

        Assert.Equal(NotifyType.AuthenticationFailed, learned.OfType<InitiatorEvent.Failed>().Single().Refusal);
        Assert.Equal("the peer proves itself once, and the connections for this identity have several rounds", world.Failure.Cause);
    }

    [Fact]
    public void A_peer_that_stops_after_its_password_is_refused()
    {
        using var world = EapWorld.Of(EapWorld.Connection() with { LaterRounds = [EapWorld.ByCertificate()] });
        world.Login(EapWorld.Alice());
        Assert.Equal("the peer ends after round 1 and the connection has 2", world.Failure.Cause);
        Assert.Empty(world.Engine.Writes);
    }

    [Fact]
    public void A_peer_that_announces_a_round_too_many_is_refused()
    {
        using var world = EapWorld.Of();
        world.Login(EapWorld.Alice() with { LaterRounds = [new AuthRound(EngineWorld.Id("laptop.example.org"), EapWorld.Machine())] });
        Assert.Equal("the peer announces another round and the connection has none", world.Failure.Cause);
    }

    [Fact]
    public void The_second_round_by_another_method_or_identity_is_refused()
    {
        using var world = EapWorld.Of(CertificateThenEap());
        world.Login(MachineThenAlice() with
        {
            LaterRounds = [new AuthRound(EngineWorld.Id("alice@example.org"), new InitiatorProof.SharedKey(SecretBytes.CopyOf("x"u8)))],
        });
        Assert.Equal("round 2 asks for eap-mschapv2", world.Failure.Cause);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Several_rounds_are_offered_where_a_connection_has_them(bool several)
    {
        using var world = EapWorld.Of(several ? CertificateThenEap() : EapWorld.Connection());
        world.Login(several ? MachineThenAlice() : EapWorld.Alice());
        Assert.Equal(several, world.Client!.Sa!.PeerNotifies.Contains(NotifyType.MultipleAuthSupported));
    }
}
