using System.Collections.Immutable;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// What IKE_SA_INIT settled, until IKE_AUTH is done. Both messages are kept as they were on the wire, because AUTH
/// covers those octets (RFC 7296 §2.15).
/// </summary>
public sealed record Handshake
{
    public required Instant StartedAt { get; init; }

    public required byte[] InitRequest { get; init; }

    /// <summary>Empty until the key pair is made.</summary>
    public required byte[] InitResponse { get; init; }

    public required byte[] NonceInitiator { get; init; }

    public required byte[] NonceResponder { get; init; }

    public required byte[] PeerKeValue { get; init; }

    /// <summary>Ours; null until made, and again once the secret is derived.</summary>
    public KeyExchange? Pair { get; init; }

    public required Proposal Chosen { get; init; }

    /// <summary>Connections that the addresses and the chosen proposal allow, best first.</summary>
    public required ImmutableArray<ConnectionPolicy> Candidates { get; init; }

    public required PeerFeatures Features { get; init; }

    /// <summary>
    /// A message under the keys of this handshake has come: the peer has our answer, so its address is no forgery. It may still
    /// be anybody.
    /// </summary>
    public bool IsAddressProved { get; init; }

    /// <summary>Where IKE_AUTH stands between two of its requests; null before the first is answered.</summary>
    public LoginProgress? Login { get; init; }

    /// <summary>SIGNATURE_HASH_ALGORITHMS of the peer (RFC 7427 §4); empty: the older methods only.</summary>
    public required ImmutableArray<SignatureHash> PeerHashes { get; init; }
}
