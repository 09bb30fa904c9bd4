using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Crypto.Certificates;
using IkeCluster.Tests.Crypto.Signatures;

namespace IkeCluster.Tests.Engine;

/// <summary>A gateway with a certificate whose users log in by EAP-MSCHAPv2, and its clients.</summary>
internal sealed class EapWorld : IDisposable
{
    internal const string Password = "correct horse battery staple";

    private static readonly TestAuthority Root = TestAuthority.Root("CN=Example Root");

    // One certificate for all connections: they answer alike until the EAP identity is known.
    private static readonly LocalAuthPolicy Gateway = new()
    {
        Auth = AuthScheme.PublicKey,
        Id = EngineWorld.Id("vpn.example.org"),
        Certs = [Root.Leaf(new CertificatePlan("CN=gateway") { Key = TestKeys.Of(KeyKind.Ed25519), DnsNames = ["vpn.example.org"] })],
        Key = TestKeys.Of(KeyKind.Ed25519),
    };

    private EapWorld(params ConnectionPolicy[] connections)
    {
        Engine = new EngineWorld(connections);
        PolicySet old = Engine.Policy;
        Engine.Policy = new PolicySet(old.Connections, old.Pools, [], old.Anchors, old.Times)
        {
            EapSecrets = new PskStore([Secret("eap-alice", "alice@example.org", Password), Secret("eap-bob", "bob", "пароль")]),
        };
        Engine.Clock.AdvanceTo(TestAuthority.Now);
    }

    internal EngineWorld Engine { get; }

    internal SaEvent.LoginFailed Failure => Assert.Single(Engine.Events.OfType<SaEvent.LoginFailed>());

    /// <summary>By certificate we, by EAP they; <paramref name="eapId"/> null: IDi is the user name.</summary>
    internal static ConnectionPolicy Connection(string? eapId = null, string remoteId = "%any", string auth = "eap-mschapv2") => EngineWorld.Psk() with
    {
        Local = Gateway,
        Remote = new RemoteAuthPolicy { Auth = Scheme(auth), Id = EngineWorld.Id(remoteId), EapId = eapId is null ? null : EngineWorld.Id(eapId) },
    };

    internal static EapWorld Of(params ConnectionPolicy[] connections) => new(connections.Length == 0 ? [Connection()] : connections);

    internal static InitiatorSettings Alice(string password = Password, string user = "alice@example.org", string? id = null) => EngineWorld.Alice() with
    {
        LocalId = EngineWorld.Id(id ?? user),
        Proof = new InitiatorProof.Eap(user, SecretBytes.CopyOf(System.Text.Encoding.UTF8.GetBytes(password))),
        Anchors = Root.Anchors,
    };

    /// <summary>Alice, whose EAP responses go through <paramref name="change"/>.</summary>
    internal static InitiatorSettings Odd(Func<byte[], byte[]?> change) => Odd((request, _) => change(request));

    internal static InitiatorSettings Odd(Func<byte[], byte[], byte[]?> change)
    {
        InitiatorSettings alice = Alice();
        return alice with { Proof = (InitiatorProof.Eap)alice.Proof with { Override = change } };
    }

    internal static RemoteAuthPolicy ByCertificate(string id = "*.example.org") =>
        new() { Auth = AuthScheme.PublicKey, Id = EngineWorld.Id(id), Anchors = Root.Anchors };

    internal static InitiatorProof.Certificate Machine(string name = "laptop.example.org") =>
        new([Root.Leaf(new CertificatePlan($"CN={name}") { Key = TestKeys.P256, DnsNames = [name] })], TestKeys.P256);

    internal static AuthScheme Scheme(string text) =>
        AuthScheme.TryParse(text, out AuthScheme scheme, out string fault) ? scheme : throw new ArgumentException(fault, nameof(text));

    internal ImmutableArray<InitiatorEvent> Login(InitiatorSettings settings, ulong seed = 99)
    {
        IkeInitiator client = Engine.Client(settings, seed);
        Client = client;
        return Engine.Login(client);
    }

    internal IkeInitiator? Client { get; private set; }

    public void Dispose()
    {
        Client?.Dispose();
        Engine.Dispose();
    }

    private static SharedSecret Secret(string name, string id, string password) =>
        new(name, [EngineWorld.Id(id)], SecretBytes.CopyOf(System.Text.Encoding.UTF8.GetBytes(password)));
}
