using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>Who the initiator is, and what it asks for.</summary>
public sealed record InitiatorSettings
{
    public required Identity LocalId { get; init; }

    /// <summary>Whom it wants to reach: sent as IDr, and the answer must come from it. Null: whoever answers.</summary>
    public Identity? RemoteId { get; init; }

    public required InitiatorProof Proof { get; init; }

    /// <summary>What it proves after <see cref="Proof"/>, one round after the other (RFC 4739).</summary>
    public ImmutableArray<AuthRound> LaterRounds { get; init; } = [];

    /// <summary>Authorities that may vouch for the responder's certificate; null: it must prove the shared secret.</summary>
    public TrustAnchors? Anchors { get; init; }

    public ImmutableArray<Proposal> IkeProposals { get; init; } = [ProposalText.DefaultIkeAead, ProposalText.DefaultIke];

    /// <summary>The method of the first KE payload; null: the first one proposed.</summary>
    public KeyExchangeMethod? FirstGuess { get; init; }

    public ImmutableArray<Proposal> EspProposals { get; init; } = [ProposalText.DefaultEspAead, ProposalText.DefaultEsp];

    /// <summary>Asks for transport mode, and grants it where asked.</summary>
    public bool TransportMode { get; init; }

    public bool WantsIpv4 { get; init; }

    public bool WantsIpv6 { get; init; }

    public ImmutableArray<TrafficSelector> LocalTs { get; init; } = [TrafficSelector.AllV4, TrafficSelector.AllV6];

    public ImmutableArray<TrafficSelector> RemoteTs { get; init; } = [TrafficSelector.AllV4, TrafficSelector.AllV6];

    /// <summary>Asked for in CFG_REQUEST besides addresses and DNS servers.</summary>
    public ImmutableArray<CfgAttribute> MoreAttributes { get; init; } = [];

    public bool InitialContact { get; init; }

    /// <summary>Status notifications without data that go into IKE_SA_INIT too, such as REDIRECT_SUPPORTED.</summary>
    public ImmutableArray<NotifyType> InitNotifies { get; init; } = [];

    /// <summary>The gateway that sent it here, told in IKE_SA_INIT (RFC 5685 §3).</summary>
    public GatewayIdentity? RedirectedFrom { get; init; }

    /// <summary>Status notifications without data that go into the first IKE_AUTH too, such as MOBIKE_SUPPORTED.</summary>
    public ImmutableArray<NotifyType> AuthNotifies { get; init; } = [];

    /// <summary>Asks for no child in IKE_AUTH (RFC 6023), whatever the responder said of it.</summary>
    public bool Childless { get; init; }

    /// <summary>Offers IKEV2_FRAGMENTATION_SUPPORTED.</summary>
    public bool Fragmentation { get; init; } = true;

    /// <summary>The longest IKE message that is sent whole, in octets.</summary>
    public int FragmentOctets { get; init; } = 1200;

    /// <summary>Claims a NAT in front of itself, so that UDP encapsulation is used.</summary>
    public bool ForcesEncapsulation { get; init; }

    /// <summary>The local port used towards the NAT-T port; 0: the one it began with.</summary>
    public ushort LocalNattPort { get; init; }

    public ushort RemoteNattPort { get; init; } = 4500;

    public TimeSpan RetransmitTimeout { get; init; } = TimeSpan.FromSeconds(4);

    public double RetransmitBase { get; init; } = 1.8;

    public int RetransmitTries { get; init; } = 5;

    /// <summary>
    /// How long an IKE SA that was replaced waits for the Delete of whoever replaced it (RFC 7296 §2.8): longer than a responder
    /// goes on repeating it.
    /// </summary>
    public TimeSpan ReplacedLinger { get; init; } = TimeSpan.FromSeconds(180);
}

/// <summary>How the initiator proves itself.</summary>
public abstract record InitiatorProof
{
    private InitiatorProof()
    {
    }

    public sealed record SharedKey(SecretBytes Secret) : InitiatorProof;

    /// <summary>The first certificate is its own, the others are sent along.</summary>
    public sealed record Certificate(ImmutableArray<X509Certificate2> Certificates, PrivateKey Key) : InitiatorProof;

    /// <summary>EAP-MSCHAPv2: a user name and a password in UTF-8.</summary>
    public sealed record Eap(string User, SecretBytes Password) : InitiatorProof
    {
        /// <summary>Answers an EAP request in its own way; null: by the sound response, which it is given too.</summary>
        public Func<byte[], byte[], byte[]?>? Override { get; init; }

        /// <summary>The AUTH payload after EAP-Success is not made with the key.</summary>
        public bool SpoilsAuth { get; init; }
    }
}

/// <summary>One more proof of who the initiator is (RFC 4739).</summary>
public sealed record AuthRound(Identity Id, InitiatorProof Proof);
