using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Policy;

/// <summary>One entry of <c>connections</c>, read and checked: swanctl.conf's keys with swanctl.conf's meanings.</summary>
public sealed record ConnectionPolicy
{
    public required string Name { get; init; }

    /// <summary>Addresses of ours that it serves; empty: all.</summary>
    public ImmutableArray<AddressRange> LocalAddrs { get; init; } = [];

    /// <summary>Addresses of the peer that it serves; empty: all.</summary>
    public ImmutableArray<AddressRange> RemoteAddrs { get; init; } = [];

    /// <summary>In order of preference.</summary>
    public required ImmutableArray<Proposal> Proposals { get; init; }

    public required LocalAuthPolicy Local { get; init; }

    /// <summary>What the peer must prove in its first round of authentication.</summary>
    public required RemoteAuthPolicy Remote { get; init; }

    /// <summary>What it must prove after that, round by round (RFC 4739): <c>remote-2</c> and on.</summary>
    public ImmutableArray<RemoteAuthPolicy> LaterRounds { get; init; } = [];

    /// <summary>All rounds, in order.</summary>
    public ImmutableArray<RemoteAuthPolicy> Rounds => [Remote, .. LaterRounds];

    /// <summary>Names of pools, in order.</summary>
    public ImmutableArray<string> Pools { get; init; } = [];

    public TimeSpan RekeyTime { get; init; } = TimeSpan.FromHours(4);

    /// <summary>After this, less chance, the peer must log in anew; zero: never.</summary>
    public TimeSpan ReauthTime { get; init; }

    public TimeSpan OverTime { get; init; } = TimeSpan.FromMinutes(24);

    public TimeSpan RandTime { get; init; } = TimeSpan.FromMinutes(24);

    public TimeSpan DpdDelay { get; init; }

    public TimeSpan DpdTimeout { get; init; }

    public FragmentationMode Fragmentation { get; init; } = FragmentationMode.Yes;

    public bool Mobike { get; init; } = true;

    public bool ForceEncapsulation { get; init; }

    public UniquePolicy Unique { get; init; } = UniquePolicy.No;

    public ChildlessMode Childless { get; init; } = ChildlessMode.Allow;

    public SendCertificate SendCert { get; init; } = SendCertificate.IfAsked;

    public bool SendCertReq { get; init; } = true;

    public ImmutableArray<ChildPolicy> Children { get; init; } = [];
}

/// <summary>An inclusive range of addresses of one family; a single address is a range of one.</summary>
public readonly record struct AddressRange(IpAddress Start, IpAddress End)
{
    public bool Contains(IpAddress address) => address.IsV4 == Start.IsV4 && address.Value >= Start.Value && address.Value <= End.Value;
}

/// <summary><c>fragmentation</c> of swanctl.conf.</summary>
public enum FragmentationMode : byte { Yes, Accept, Force, No }

/// <summary><c>unique</c> of swanctl.conf.</summary>
public enum UniquePolicy : byte { Never, No, Keep, Replace }

/// <summary><c>childless</c> of swanctl.conf (RFC 6023); to a responder Prefer is Allow.</summary>
public enum ChildlessMode : byte { Allow, Prefer, Force, Never }

/// <summary><c>send_cert</c> of swanctl.conf.</summary>
public enum SendCertificate : byte { IfAsked, Never, Always }

/// <summary>How we prove ourselves.</summary>
public sealed record LocalAuthPolicy
{
    public required AuthScheme Auth { get; init; }

    /// <summary>Null: the certificate's subject, or the address where there is none, as swanctl does.</summary>
    public Identity? Id { get; init; }

    /// <summary>The first is ours, the others are intermediates to send along.</summary>
    public ImmutableArray<X509Certificate2> Certs { get; init; } = [];

    /// <summary>Null for PSK.</summary>
    public PrivateKey? Key { get; init; }

    /// <summary>Who we are to a peer that dialled this address: as configured, else the certificate's subject, else the address, as swanctl does.</summary>
    public Identity IdentityAt(IpAddress dialled) => Id ?? SubjectOfCertificate() ?? Identity.From(dialled);

    /// <summary>The first answer of IKE_AUTH is the same by either: one identity, one certificate.</summary>
    public bool AnswersLike(LocalAuthPolicy other, IpAddress dialled) =>
        Auth.Class == other.Auth.Class && IdentityAt(dialled).Equals(other.IdentityAt(dialled))
        && Certs.Select(cert => cert.Thumbprint).SequenceEqual(other.Certs.Select(cert => cert.Thumbprint), StringComparer.Ordinal);

    private Identity? SubjectOfCertificate() =>
        Auth.Class == AuthClass.PublicKey && !Certs.IsEmpty ? new Identity(IdType.DerAsn1Dn, [.. Certs[0].SubjectName.RawData]) : null;
}

/// <summary>How the peer must prove itself.</summary>
public sealed record RemoteAuthPolicy
{
    public required AuthScheme Auth { get; init; }

    /// <summary>May hold wildcards; Any where the configuration is silent.</summary>
    public required Identity Id { get; init; }

    /// <summary>Which EAP identities it takes, asked for by EAP-Identity; null: IDi is the EAP identity, as in swanctl.conf.</summary>
    public Identity? EapId { get; init; }

    /// <summary>Authorities that may vouch for the peer; null: all of <c>authorities</c>.</summary>
    public TrustAnchors? Anchors { get; init; }
}

/// <summary>One entry of <c>children</c>.</summary>
public sealed record ChildPolicy
{
    public required string Name { get; init; }

    public required ImmutableArray<SelectorPolicy> LocalTs { get; init; }

    /// <summary>The default, <c>dynamic</c>, is the peer's virtual addresses, or its outer address where it has none.</summary>
    public required ImmutableArray<SelectorPolicy> RemoteTs { get; init; }

    public required ImmutableArray<Proposal> EspProposals { get; init; }

    public ChildMode Mode { get; init; } = ChildMode.Tunnel;

    public TimeSpan RekeyTime { get; init; } = TimeSpan.FromHours(1);

    public TimeSpan LifeTime { get; init; } = TimeSpan.FromMinutes(66);

    public TimeSpan RandTime { get; init; } = TimeSpan.FromMinutes(6);

    /// <summary>Octets of one direction; 0: no limit.</summary>
    public VolumePolicy Octets { get; init; }

    /// <summary>Packets of one direction; 0: no limit.</summary>
    public VolumePolicy Packets { get; init; }

    /// <summary>Made by us after a login that did not make it.</summary>
    public bool StartsItself { get; init; }

    /// <summary>Made again by us where the peer deletes it and the IKE SA stays.</summary>
    public bool RestartsItself { get; init; }
}

/// <summary>
/// <c>rekey_bytes</c>, <c>life_bytes</c> and <c>rand_bytes</c> of swanctl.conf, and the same in packets: rekeyed at the first
/// less chance up to the third, over at the second.
/// </summary>
public readonly record struct VolumePolicy(ulong Rekey, ulong Life, ulong Random);

/// <summary>A configured traffic selector: <c>dynamic</c> takes its address from the SA, its ports and protocol from here.</summary>
public readonly record struct SelectorPolicy(bool IsDynamic, TrafficSelector Selector);

/// <summary>One entry of <c>pools</c>: what CFG_REPLY says beside the address.</summary>
public sealed record PoolPolicy
{
    public required string Name { get; init; }

    public required ImmutableArray<AddressRange> Addrs { get; init; }

    public ImmutableArray<IpAddress> Dns { get; init; } = [];

    public ImmutableArray<IpAddress> Nbns { get; init; } = [];

    /// <summary>INTERNAL_IP4_SUBNET and INTERNAL_IP6_SUBNET, each with its prefix length.</summary>
    public ImmutableArray<(IpAddress Address, int PrefixLength)> Subnets { get; init; } = [];

    /// <summary>Any others, as they go on the wire.</summary>
    public ImmutableArray<CfgAttribute> Attributes { get; init; } = [];

    public bool IsV4 => Addrs[0].Start.IsV4;
}

/// <summary>A shared secret and who may use it, as <c>ike-NAME</c> and <c>eap-NAME</c> of swanctl.conf.</summary>
public sealed record SharedSecret(string Name, ImmutableArray<Identity> Ids, Crypto.SecretBytes Secret);
