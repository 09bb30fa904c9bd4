using System.Collections.Immutable;
using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Engine;

/// <summary>Configurations for tests, written short.</summary>
internal static class Policies
{
    public const string Secret = "correct horse battery staple";

    public static SelectorPolicy Everything { get; } = new(IsDynamic: false, TrafficSelector.AllV4);

    public static SelectorPolicy EverythingV6 { get; } = new(IsDynamic: false, TrafficSelector.AllV6);

    public static SelectorPolicy Dynamic { get; } = new(IsDynamic: true, TrafficSelector.AllV4);

    public static Identity Id(string text) => Identity.TryParse(text, out Identity? id, out string fault) ? id : throw new ArgumentException(fault, nameof(text));

    public static Proposal Ike(string text) => Parse(text, SecurityProtocol.Ike);

    public static Proposal Esp(string text) => Parse(text, SecurityProtocol.Esp);

    /// <summary>A road warrior gateway: vpn.example.org, anybody of example.org by pre-shared key, pools for both families.</summary>
    public static ConnectionPolicy RoadWarrior { get; } = new()
    {
        Name = "roadwarrior",
        Proposals = [Ike("aes256gcm16-prfsha384-x25519"), Ike("aes128-sha256-x25519-modp2048")],
        Local = new LocalAuthPolicy { Auth = AuthScheme.Psk, Id = Id("vpn.example.org") },
        Remote = new RemoteAuthPolicy { Auth = AuthScheme.Psk, Id = Id("*@example.org") },
        Pools = ["rw4", "rw6"],
        Children =
        [
            new ChildPolicy
            {
                Name = "net",
                LocalTs = [Everything, EverythingV6],
                RemoteTs = [Dynamic],
                EspProposals = [Esp("aes256gcm16-x25519"), Esp("aes256gcm16"), Esp("aes128-sha256")],
            },
        ],
    };

    public static ImmutableArray<PoolPolicy> Pools { get; } =
    [
        new PoolPolicy { Name = "rw4", Addrs = [Range("10.64.0.0", "10.64.255.255")], Dns = [Address("10.64.0.53")] },
        new PoolPolicy { Name = "rw6", Addrs = [Range("fd00:64::", "fd00:64::ffff")], Dns = [Address("fd00:64::53")] },
    ];

    public static PolicySet Of(params ImmutableArray<ConnectionPolicy> connections) => Of(RedirectPolicy.Never, new IkeLimits(), connections);

    /// <summary>Tells in clear of SAs that there are not.</summary>
    public static PolicySet Telling(params ImmutableArray<ConnectionPolicy> connections) =>
        Of(RedirectPolicy.Never, new IkeLimits(), connections, unprotectedNotifies: true);

    public static PolicySet Of(RedirectPolicy redirect, IkeLimits limits, params ImmutableArray<ConnectionPolicy> connections) =>
        Of(redirect, limits, connections, unprotectedNotifies: false);

    private static PolicySet Of(
        RedirectPolicy redirect, IkeLimits limits, ImmutableArray<ConnectionPolicy> connections, bool unprotectedNotifies) => new(
        connections,
        Pools,
        [new SharedSecret("ike-any", [Id("alice@example.org"), Id("bob@example.org")], SecretBytes.CopyOf(Encoding.UTF8.GetBytes(Secret)))],
        TrustAnchors.From([]),
        new IkeTimes())
        {
            Redirect = redirect,
            Limits = limits,
            UnprotectedNotifies = unprotectedNotifies,
        };

    public static IpAddress Address(string text) =>
        IpAddress.TryParse(text, out IpAddress address) ? address : throw new ArgumentException(text, nameof(text));

    private static AddressRange Range(string start, string end) => new(Address(start), Address(end));

    private static Proposal Parse(string text, SecurityProtocol protocol) =>
        ProposalText.TryParse(text, protocol, out Proposal? proposal, out string fault) ? proposal : throw new ArgumentException(fault, nameof(text));
}
