using System.Collections.Immutable;
using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Simulation.Core;

/// <summary>What the simulated gateway is configured to do: cheap suites, a tight pool, and times that a short run reaches.</summary>
internal static class SimPolicies
{
    public static Identity Gateway { get; } = Id("vpn.example.org");

    public static ImmutableArray<byte> Secret { get; } = [.. Encoding.UTF8.GetBytes("correct horse battery staple")];

    public static Proposal Ike { get; } = Parse("aes128gcm16-prfsha256-x25519", SecurityProtocol.Ike);

    public static Proposal Esp { get; } = Parse("aes128gcm16", SecurityProtocol.Esp);

    public static Proposal EspWithPfs { get; } = Parse("aes128gcm16-x25519", SecurityProtocol.Esp);

    public static TimeSpan DpdDelay { get; } = TimeSpan.FromSeconds(20);

    /// <summary>After this long nothing is under way any more: requests are given up, rekeyed SAs forgotten.</summary>
    public static TimeSpan Settling { get; } = TimeSpan.FromSeconds(240);

    /// <summary>Nothing is rekeyed by the gateway.</summary>
    public static PolicySet LongLives { get; } = Of(RoadWarrior());

    /// <summary>The gateway rekeys IKE SAs and children all the time, and so often at once with the client.</summary>
    public static PolicySet ShortLives { get; } = Of(RoadWarrior() with
    {
        RekeyTime = TimeSpan.FromSeconds(40),
        RandTime = TimeSpan.FromSeconds(20),
        OverTime = TimeSpan.FromSeconds(60),
        Children = [Child() with { RekeyTime = TimeSpan.FromSeconds(25), RandTime = TimeSpan.FromSeconds(10), LifeTime = TimeSpan.FromSeconds(90) }],
    });

    private static PolicySet Of(ConnectionPolicy connection) => new(
        [connection],
        [new PoolPolicy { Name = "rw4", Addrs = [new AddressRange(Address("10.64.0.1"), Address("10.64.0.24"))] }],
        [new SharedSecret("ike-any", [Id("*@example.org"), Gateway], SecretBytes.CopyOf(Secret.AsSpan()))],
        TrustAnchors.From([]),
        new IkeTimes { RetransmitTimeout = TimeSpan.FromSeconds(1), RetransmitTries = 4, HalfOpenTimeout = TimeSpan.FromSeconds(30) });

    public static Identity Id(string text) =>
        Identity.TryParse(text, out Identity? id, out string fault) ? id : throw new ArgumentException(fault, nameof(text));

    public static IpAddress Address(string text) =>
        IpAddress.TryParse(text, out IpAddress address) ? address : throw new ArgumentException(text, nameof(text));

    private static ConnectionPolicy RoadWarrior() => new()
    {
        Name = "rw",
        Proposals = [Ike],
        Local = new LocalAuthPolicy { Auth = AuthScheme.Psk, Id = Gateway },
        Remote = new RemoteAuthPolicy { Auth = AuthScheme.Psk, Id = Id("*@example.org") },
        Pools = ["rw4"],
        DpdDelay = DpdDelay,
        DpdTimeout = TimeSpan.FromSeconds(30),
        Children = [Child()],
    };

    private static ChildPolicy Child() => new()
    {
        Name = "net",
        LocalTs = [new SelectorPolicy(IsDynamic: false, TrafficSelector.AllV4)],
        RemoteTs = [new SelectorPolicy(IsDynamic: true, TrafficSelector.AllV4)],
        EspProposals = [EspWithPfs, Esp],
    };

    private static Proposal Parse(string text, SecurityProtocol protocol) =>
        ProposalText.TryParse(text, protocol, out Proposal? proposal, out string fault) ? proposal : throw new ArgumentException(fault, nameof(text));
}
