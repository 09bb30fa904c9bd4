using System.Collections.Immutable;
using System.Text;
using IkeCluster.Crypto;
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

    public static PolicySet Of(Plan plan) => new(
        [RoadWarrior(plan), ByCertificate(plan)],
        [new PoolPolicy { Name = "rw4", Addrs = [new AddressRange(Address("10.64.0.1"), Address("10.64.0.24"))] }],
        [new SharedSecret("ike-any", [Id("*@example.org"), Gateway], SecretBytes.CopyOf(Secret.AsSpan()))],
        SimPki.Anchors,
        new IkeTimes { RetransmitTimeout = TimeSpan.FromSeconds(1), RetransmitTries = 4, HalfOpenTimeout = TimeSpan.FromSeconds(30) });

    public static Identity Id(string text) =>
        Identity.TryParse(text, out Identity? id, out string fault) ? id : throw new ArgumentException(fault, nameof(text));

    public static IpAddress Address(string text) =>
        IpAddress.TryParse(text, out IpAddress address) ? address : throw new ArgumentException(text, nameof(text));

    private static ConnectionPolicy RoadWarrior(Plan plan) => new()
    {
        Name = "rw",
        Proposals = [Ike],
        Local = new LocalAuthPolicy { Auth = AuthScheme.Psk, Id = Gateway },
        Remote = new RemoteAuthPolicy { Auth = AuthScheme.Psk, Id = Id("*@example.org") },
        Pools = ["rw4"],
        DpdDelay = DpdDelay,
        DpdTimeout = TimeSpan.FromSeconds(30),
        Unique = plan.Unique,
        RekeyTime = plan.ShortLives ? TimeSpan.FromSeconds(40) : TimeSpan.FromHours(4),
        RandTime = plan.ShortLives ? TimeSpan.FromSeconds(20) : TimeSpan.Zero,
        OverTime = TimeSpan.FromSeconds(60),
        Children = [Child(plan)],
    };

    private static ConnectionPolicy ByCertificate(Plan plan) => RoadWarrior(plan) with
    {
        Name = "certificate",
        Local = new LocalAuthPolicy { Auth = AuthScheme.PublicKey, Id = Gateway, Certs = [SimPki.Gateway], Key = SimPki.GatewayKey },
        Remote = new RemoteAuthPolicy { Auth = AuthScheme.PublicKey, Id = Id("*.example.org"), Anchors = SimPki.Anchors },
    };

    private static ChildPolicy Child(Plan plan) => new()
    {
        Name = "net",
        LocalTs = [new SelectorPolicy(IsDynamic: false, TrafficSelector.AllV4)],
        RemoteTs = [new SelectorPolicy(IsDynamic: true, TrafficSelector.AllV4)],
        EspProposals = [EspWithPfs, Esp],
        RekeyTime = plan.ShortLives ? TimeSpan.FromSeconds(25) : TimeSpan.FromHours(1),
        RandTime = plan.ShortLives ? TimeSpan.FromSeconds(10) : TimeSpan.Zero,
        LifeTime = plan.ShortLives ? TimeSpan.FromSeconds(90) : TimeSpan.FromHours(2),
    };

    private static Proposal Parse(string text, SecurityProtocol protocol) =>
        ProposalText.TryParse(text, protocol, out Proposal? proposal, out string fault) ? proposal : throw new ArgumentException(fault, nameof(text));
}
