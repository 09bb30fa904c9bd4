using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Crypto.Certificates;
using IkeCluster.Tests.Crypto.Signatures;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Fuzz.World;

/// <summary>
/// The node's configuration in every world, and those who may log in: by pre-shared key, by certificate, by EAP. All keys
/// are fixed and all signatures deterministic, so that a seed gives the same octets in every run.
/// </summary>
internal static class Gateway
{
    private static readonly TestAuthority Root = TestAuthority.Root(TestAuthority.Authority("CN=Fuzz Root") with { Key = TestKeys.Ed448 });

    /// <summary>Short enough that a campaign's aftermath sees each of them: rekeys, hard ends, liveness.</summary>
    private static readonly ConnectionPolicy Hasty = Policies.RoadWarrior with
    {
        DpdDelay = TimeSpan.FromSeconds(30),
        RekeyTime = TimeSpan.FromMinutes(7),
        OverTime = TimeSpan.FromMinutes(1),
        RandTime = TimeSpan.FromSeconds(20),
        Children =
        [
            Policies.RoadWarrior.Children[0] with
            {
                RekeyTime = TimeSpan.FromMinutes(5), LifeTime = TimeSpan.FromMinutes(6), RandTime = TimeSpan.FromSeconds(10),
            },
        ],
    };

    private static readonly LocalAuthPolicy ByCertificate = new()
    {
        Auth = AuthScheme.PublicKey,
        Id = Policies.Id("vpn.example.org"),
        Certs = [Root.Leaf(Leaf("vpn.example.org"))],
        Key = TestKeys.Ed25519,
    };

    public static PolicySet Policy { get; } = new(
        [
            Hasty,
            Hasty with
            {
                Name = "certificates",
                Local = ByCertificate,
                Remote = new RemoteAuthPolicy { Auth = AuthScheme.PublicKey, Id = Policies.Id("*.example.org"), Anchors = Root.Anchors },
            },
            Hasty with
            {
                Name = "users",
                Local = ByCertificate,
                Remote = new RemoteAuthPolicy { Auth = Scheme("eap-mschapv2"), Id = Policies.Id("%any"), EapId = Policies.Id("%any") },
            },
        ],
        Policies.Pools,
        [
            new SharedSecret("ike-alice", [Policies.Id("alice@example.org")], Secret()),
            new SharedSecret("ike-carol", [Policies.Id("carol@example.org")], SecretOfCarol()),
        ],
        Root.Anchors,
        new IkeTimes())
    {
        // Limits have tests of their own; here every message is to reach its reader.
        Limits = new IkeLimits { RekeysPerMinute = 0, RequestsPerSecond = 0 },
        EapSecrets = new PskStore([new SharedSecret("eap-bob", [Policies.Id("bob")], Secret())]),
    };

    /// <summary>Logs in by pre-shared key.</summary>
    public static InitiatorSettings Alice => new()
    {
        LocalId = Policies.Id("alice@example.org"),
        RemoteId = Policies.Id("vpn.example.org"),
        Proof = new InitiatorProof.SharedKey(Secret()),
        WantsIpv4 = true,
        WantsIpv6 = true,
        AuthNotifies = [NotifyType.MobikeSupported],

        // Seeds are recorded whole; the fuzzer cuts them itself.
        FragmentOctets = 60_000,
    };

    /// <summary>The bystander: nobody else has this secret, so nobody else can say INITIAL_CONTACT in this name.</summary>
    public static InitiatorSettings Carol => Alice with
    {
        LocalId = Policies.Id("carol@example.org"),
        Proof = new InitiatorProof.SharedKey(SecretOfCarol()),
    };

    /// <summary>Logs in by EAP-MSCHAPv2, after an Identity round.</summary>
    public static InitiatorSettings Bob => Alice with
    {
        LocalId = Policies.Id("192.0.2.77"),
        Proof = new InitiatorProof.Eap("bob", Secret()),
        Anchors = Root.Anchors,
    };

    /// <summary>Logs in by certificate.</summary>
    public static InitiatorSettings Laptop => Alice with
    {
        LocalId = Policies.Id("laptop.example.org"),
        Proof = new InitiatorProof.Certificate([Root.Leaf(Leaf("laptop.example.org"))], TestKeys.Ed25519),
        Anchors = Root.Anchors,
    };

    /// <summary>A certificate as a peer sends it.</summary>
    public static byte[] Certificate { get; } = Root.Leaf(Leaf("laptop.example.org")).RawData;

    public static TrustAnchors Anchors => Root.Anchors;

    private static SecretBytes Secret() => SecretBytes.CopyOf(System.Text.Encoding.UTF8.GetBytes(Policies.Secret));

    private static SecretBytes SecretOfCarol() => SecretBytes.CopyOf("a secret of her own"u8);

    private static CertificatePlan Leaf(string name) => new($"CN={name}") { Key = TestKeys.Ed25519, DnsNames = [name] };

    private static AuthScheme Scheme(string text) =>
        AuthScheme.TryParse(text, out AuthScheme scheme, out string fault) ? scheme : throw new ArgumentException(fault, nameof(text));
}
