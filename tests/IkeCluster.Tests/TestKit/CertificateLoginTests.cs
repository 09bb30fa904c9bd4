using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Crypto.Certificates;
using IkeCluster.Tests.Crypto.Signatures;
using IkeCluster.Tests.Engine;
using static IkeCluster.Tests.Engine.Policies;

namespace IkeCluster.Tests.TestKit;

/// <summary>Logins by certificate, initiator and engine against one another.</summary>
public sealed class CertificateLoginTests : IDisposable
{
    private readonly TestAuthority _root = TestAuthority.Root();
    private EngineWorld? _world;
    private IkeInitiator? _initiator;

    public void Dispose()
    {
        _initiator?.Dispose();
        _world?.Dispose();
    }

    [Theory]
    [InlineData(KeyKind.Rsa, "RSA")]
    [InlineData(KeyKind.Ecdsa256, "ECDSA")]
    [InlineData(KeyKind.Ecdsa384, "ECDSA")]
    [InlineData(KeyKind.Ed25519, "ED25519")]
    [InlineData(KeyKind.Ed448, "ED448")]
    public void Keys_of_every_kind_prove_both_sides(KeyKind kind, string method)
    {
        PrivateKey key = TestKeys.Of(kind);
        ImmutableArray<InitiatorEvent> learned = Login(
            _root.Leaf(new CertificatePlan("CN=gateway") { Key = key, DnsNames = ["vpn.example.org"] }), key,
            _root.Leaf(new CertificatePlan("CN=alice") { Key = key, DnsNames = ["alice.example.org"] }), key);
        Assert.Contains(method, Assert.Single(learned.OfType<InitiatorEvent.Established>()).Sa.RemoteAuth, StringComparison.OrdinalIgnoreCase);
        Assert.Single(_initiator!.Children);
        Assert.Single(_world!.Sas);
    }

    [Fact]
    public void A_certificate_whose_time_is_over_is_refused_and_the_cause_is_told_to_the_operator()
    {
        PrivateKey key = TestKeys.P256;
        ImmutableArray<InitiatorEvent> learned = Login(
            _root.Leaf(new CertificatePlan("CN=gateway") { Key = key, DnsNames = ["vpn.example.org"] }), key,
            _root.Leaf(new CertificatePlan("CN=alice")
            {
                Key = key,
                DnsNames = ["alice.example.org"],
                NotAfter = TestAuthority.Midday.AddMinutes(-1),
            }), key);
        Assert.Equal(NotifyType.AuthenticationFailed, Assert.Single(learned.OfType<InitiatorEvent.Failed>()).Refusal);
        Assert.Contains("expired", Assert.Single(_world!.Events.OfType<SaEvent.LoginFailed>()).Cause, StringComparison.Ordinal);
        Assert.Empty(_world!.Sas);
    }

    [Fact]
    public void A_gateway_with_a_strangers_certificate_is_not_trusted()
    {
        PrivateKey key = TestKeys.P256;
        TestAuthority stranger = TestAuthority.Root("CN=Stranger");
        ImmutableArray<InitiatorEvent> learned = Login(
            stranger.Leaf(new CertificatePlan("CN=gateway") { Key = key, DnsNames = ["vpn.example.org"] }), key,
            _root.Leaf(new CertificatePlan("CN=alice") { Key = key, DnsNames = ["alice.example.org"] }), key);
        Assert.Null(_initiator!.Sa);
        Assert.StartsWith(
            "the responder's certificate:", Assert.Single(learned.OfType<InitiatorEvent.Failed>()).Cause, StringComparison.Ordinal);
    }

    private ImmutableArray<InitiatorEvent> Login(
        X509Certificate2 gateway, PrivateKey gatewayKey, X509Certificate2 client, PrivateKey clientKey)
    {
        ConnectionPolicy connection = EngineWorld.Psk() with
        {
            Local = new LocalAuthPolicy { Auth = AuthScheme.PublicKey, Id = Id("vpn.example.org"), Certs = [gateway], Key = gatewayKey },
            Remote = new RemoteAuthPolicy { Auth = AuthScheme.PublicKey, Id = Id("*.example.org"), Anchors = _root.Anchors },
        };
        _world = new EngineWorld(connection);
        _world.Clock.AdvanceTo(TestAuthority.Now);
        _initiator = _world.Client(EngineWorld.Alice() with
        {
            LocalId = Id("alice.example.org"),
            Proof = new InitiatorProof.Certificate([client], clientKey),
            Anchors = _root.Anchors,
        });
        return _world.Login(_initiator);
    }
}
