namespace IkeCluster.Protocol;

/// <summary>What a message may hold at most. A peer that sends more gets a counted drop or INVALID_SYNTAX.</summary>
public static class Limits
{
    /// <summary>Octets of one IKE message, reassembled, header included.</summary>
    public const int MessageOctetsMax = 64 * 1024;

    /// <summary>
    /// Octets of one message of a peer that has not logged in, reassembled: what is kept for a stranger. A chain of three
    /// certificates with RSA keys of 4096 bits takes some 6 KB.
    /// </summary>
    public const int LoginOctetsMax = 16 * 1024;

    /// <summary>Octets of one datagram that the ingress takes (DESIGN.md: stride of the receive slots).</summary>
    public const int DatagramOctetsMax = 10_000;

    /// <summary>
    /// Octets of an IKE_SA_INIT, which a stranger sends and which cannot be fragmented by IKE (RFC 7383 §2.1): four times what
    /// the largest proposals and key exchange value of ours take.
    /// </summary>
    public const int InitOctetsMax = 4096;

    public const int PayloadsPerMessageMax = 64;
    public const int ProposalsPerSaMax = 32;
    public const int TransformsPerProposalMax = 64;
    public const int AttributesPerTransformMax = 8;
    public const int FragmentsPerMessageMax = 64;
    public const int TrafficSelectorsPerPayloadMax = 64;
    public const int SpisPerDeleteMax = 64;
    public const int CfgAttributesPerPayloadMax = 64;

    /// <summary>RFC 7296 §3.9.</summary>
    public const int NonceOctetsMin = 16;
    public const int NonceOctetsMax = 256;

    /// <summary>RFC 7296 §2.6.</summary>
    public const int CookieOctetsMax = 64;

    /// <summary>Further addresses of one peer that are kept (RFC 4555 §3.6).</summary>
    public const int PeerAddressesMax = 16;

    public const int IdentityOctetsMax = 1024;

    /// <summary>Octets of one EAP packet: what a RADIUS packet could carry (RFC 2865 §3).</summary>
    public const int EapPacketOctetsMax = 4096;

    /// <summary>Requests of ours in one EAP conversation: methods with long certificate chains take some thirty.</summary>
    public const int EapRoundsMax = 64;
}
