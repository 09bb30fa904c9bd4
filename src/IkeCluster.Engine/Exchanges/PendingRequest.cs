using System.Collections.Immutable;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// A request of the peer whose answer waits for a sum or a lease. Repeats of it are dropped meanwhile; a late or doubled
/// answer finds another ticket and is dropped too.
/// </summary>
public sealed record PendingRequest(Ticket Ticket, DatagramPath Path, PendingStage Stage);

/// <summary>Where a pending request stands.</summary>
public abstract record PendingStage
{
    private PendingStage()
    {
    }

    /// <summary>IKE_SA_INIT waits for our key pair.</summary>
    public sealed record MakingInitPair : PendingStage;

    /// <summary>
    /// IKE_AUTH waits for the shared secret. Its datagrams (several, when fragmented) cannot be opened yet; they are held,
    /// within the limits of one message.
    /// </summary>
    public sealed record DerivingInitSecret(ImmutableArray<HeldDatagram> Held) : PendingStage;

    /// <summary>
    /// IKE_AUTH waits for the check of the peer's certificate and signature. <paramref name="AnotherFollows"/>: the peer
    /// announced a further round (RFC 4739).
    /// </summary>
    public sealed record CheckingProof(LoginProgress Login, string Method, bool AnotherFollows) : PendingStage;

    /// <summary>IKE_AUTH waits for our signature.</summary>
    public sealed record Signing(LoginProgress Login, AuthMethod OwnMethod) : PendingStage;

    /// <summary>IKE_AUTH waits for what the EAP method asked elsewhere; <paramref name="Proof"/> goes out with its first request.</summary>
    public sealed record AnsweringEap(LoginProgress Login, OwnProof? Proof) : PendingStage;

    /// <summary>IKE_AUTH waits for addresses; <paramref name="Proof"/> is null where our AUTH went out before.</summary>
    public sealed record Leasing(LoginProgress Login, OwnProof? Proof) : PendingStage;

    /// <summary>CREATE_CHILD_SA for a Child SA waits for its own key exchange.</summary>
    public sealed record MakingChild(InnerMessage Request) : PendingStage;

    /// <summary>CREATE_CHILD_SA for the IKE SA waits for its key exchange.</summary>
    public sealed record RekeyingIke(InnerMessage Request) : PendingStage;
}

/// <summary>
/// A datagram that cannot be opened yet, with the way it came: anybody could have sent it, so each answers for its own path.
/// </summary>
public sealed record HeldDatagram(DatagramPath Path, byte[] Octets);
