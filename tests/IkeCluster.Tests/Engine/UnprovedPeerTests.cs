using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Crypto.Certificates;
using IkeCluster.Tests.Crypto.Signatures;

namespace IkeCluster.Tests.Engine;

/// <summary>What somebody may bring about who has proved nothing yet.</summary>
public sealed class UnprovedPeerTests
{
    private static readonly TestAuthority Staff = TestAuthority.Root("CN=Staff Root");

    [Fact]
    public void An_authority_of_one_connection_vouches_for_nobody_on_another()
    {
        RemoteAuthPolicy own = EapWorld.ByCertificate();
        using var world = EapWorld.Of(
            EapWorld.Connection() with { Name = "machines", Remote = own with { Id = EngineWorld.Id("none.example.net") } },
            EapWorld.Connection() with { Name = "staff", Remote = own with { Anchors = null } });
        Trust(world, Staff);

        world.Login(EapWorld.Alice() with { LocalId = EngineWorld.Id("laptop.example.org"), Proof = EapWorld.Machine() });

        Assert.Equal(("staff", LoginFailure.BadCertificate), (world.Failure.Connection, world.Failure.Failure));
        Assert.Equal(2, world.Engine.Policy.Announced.Certificates.Length);
    }

    [Fact]
    public void A_pre_shared_key_of_ours_never_shows_to_who_only_says_eap()
    {
        using var world = EapWorld.Of(EapWorld.Connection() with { Local = EngineWorld.Psk().Local });
        PolicySet old = world.Engine.Policy;
        var secret = new SharedSecret("alice", [EngineWorld.Id("alice@example.org")], SecretBytes.CopyOf("letmein"u8));
        world.Engine.Policy = new PolicySet(old.Connections, old.Pools, [secret], old.Anchors, old.Times) { EapSecrets = old.EapSecrets };

        world.Login(EapWorld.Alice());

        Assert.Equal(LoginFailure.NoPolicy, world.Failure.Failure);
        Assert.StartsWith("our pre-shared key is not used", world.Failure.Cause, StringComparison.Ordinal);
        Assert.Empty(world.Engine.Sas);
    }

    [Fact]
    public void A_nak_of_four_thousand_types_makes_no_long_line()
    {
        using var world = EapWorld.Of();
        world.Login(EapWorld.Odd(request => [2, request[1], 4095 >> 8, 4095 & 255, 3, .. Enumerable.Repeat((byte)200, 4090)]));
        Assert.EndsWith("200, 200, 200, 200, 200, 200, 200, 200 and more", world.Failure.Cause, StringComparison.Ordinal);
        Assert.InRange(world.Failure.Cause.Length, 1, 200);
    }

    [Fact]
    public void An_idi_that_nobody_proves_does_not_outweigh_what_eap_proves()
    {
        using var world = EapWorld.Of(
            EapWorld.Connection(eapId: "%any", remoteId: "ceo@example.org") with { Name = "ceo" },
            EapWorld.Connection(eapId: "*@example.org") with { Name = "staff" });
        world.Login(EapWorld.Alice(id: "ceo@example.org"));
        Assert.Equal("staff", world.Engine.Sa.Facts!.Connection);
    }

    [Fact]
    public void A_name_that_eap_proves_goes_before_a_claim_that_fits_as_well()
    {
        using var world = EapWorld.Of(
            EapWorld.Connection(eapId: "%any", remoteId: "alice@example.org") with { Name = "claimed", Local = EapWorld.Connection().Local with { Id = null } },
            EapWorld.Connection(remoteId: "*@example.org") with { Name = "proved" });
        world.Login(EapWorld.Alice() with { RemoteId = null });
        Assert.Equal("proved", world.Engine.Sa.Facts!.Connection);
    }

    // Our identity and our certificate went out with the first answer: what follows must not be signed by another.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_eap_identity_never_changes_who_we_are(bool sameIdentity)
    {
        LocalAuthPolicy other = new()
        {
            Auth = AuthScheme.PublicKey,
            Id = sameIdentity ? EngineWorld.Id("vpn.example.org") : null,
            Certs = [Staff.Leaf(new CertificatePlan("CN=other") { Key = TestKeys.P256, DnsNames = ["vpn.example.org"] })],
            Key = TestKeys.P256,
        };
        ConnectionPolicy asked = EapWorld.Connection(eapId: "*@example.com") with { Name = "asked" };
        using var world = EapWorld.Of(
            sameIdentity ? asked : asked with { Local = asked.Local with { Id = null } },
            EapWorld.Connection(eapId: "alice@example.org") with { Name = "other", Local = other });

        world.Login(EapWorld.Alice(id: "192.0.2.7") with { RemoteId = null });

        Assert.Equal(LoginFailure.UnknownIdentity, world.Failure.Failure);
        Assert.Empty(world.Engine.Writes);
    }

    [Fact]
    public void The_idr_that_a_peer_wants_stands_marked_in_the_cause()
    {
        using var world = EapWorld.Of();
        world.Login(EapWorld.Alice() with { RemoteId = EngineWorld.Id("private»@example.org") });
        Assert.Contains("wants to reach «private??@example.org», and", world.Failure.Cause, StringComparison.Ordinal);
    }

    [Fact]
    public void An_identity_without_a_secret_ends_as_a_wrong_key_does()
    {
        using var unknown = new EngineWorld(EngineWorld.Psk());
        using var wrong = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator stranger = unknown.Client(EngineWorld.Alice("?", "carol@example.org"));
        using IkeInitiator alice = wrong.Client(EngineWorld.Alice("?"));
        unknown.Login(stranger);
        wrong.Login(alice);

        Assert.Equal(wrong.Sent.Select(one => one.Length), unknown.Sent.Select(one => one.Length));
        Assert.Equal("no secret for this identity", Assert.Single(unknown.Events.OfType<SaEvent.LoginFailed>()).Cause);
        Assert.Equal("the pre-shared keys differ", Assert.Single(wrong.Events.OfType<SaEvent.LoginFailed>()).Cause);
        Assert.Empty(unknown.Writes);
    }

    private static void Trust(EapWorld world, TestAuthority authority)
    {
        PolicySet old = world.Engine.Policy;
        world.Engine.Policy = new PolicySet(old.Connections, old.Pools, [], TrustAnchors.From([authority.Certificate]), old.Times) { EapSecrets = old.EapSecrets };
    }
}
