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

    public static PolicySet All { get; } = new(
        [RoadWarrior()],
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
        Children =
        [
            new ChildPolicy
            {
                Name = "net",
                LocalTs = [new SelectorPolicy(IsDynamic: false, TrafficSelector.AllV4)],
                RemoteTs = [new SelectorPolicy(IsDynamic: true, TrafficSelector.AllV4)],
                EspProposals = [EspWithPfs, Esp],
            },
        ],
    };

    private static Proposal Parse(string text, SecurityProtocol protocol) =>
        ProposalText.TryParse(text, protocol, out Proposal? proposal, out string fault) ? proposal : throw new ArgumentException(fault, nameof(text));
}
