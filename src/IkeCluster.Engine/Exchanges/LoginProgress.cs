using System.Collections.Immutable;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Authentication.Eap;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// What IKE_AUTH has settled so far. A client with a key or a certificate is through after one request; EAP (RFC 7296
/// §2.16) and further rounds of authentication (RFC 4739) take more.
/// </summary>
public sealed record LoginProgress
{
    /// <summary>The first request, as far as the last answer needs it: CP, SA, TSi, TSr (<see cref="FirstRequest"/>).</summary>
    public required InnerMessage First { get; init; }

    public required ConnectionPolicy Connection { get; init; }

    /// <summary>Who the peer claims to be in the round under way.</summary>
    public required Identity RemoteId { get; init; }

    /// <summary>IDi' of the round under way, as AUTH covers it: reserved octets too (RFC 7296 §2.15).</summary>
    public required byte[] RestOfIdi { get; init; }

    /// <summary>How the peer proved itself, one word for each round that is done.</summary>
    public ImmutableArray<string> Proved { get; init; } = [];

    /// <summary>The EAP identity: what the method authenticates (RFC 7296 §2.16); null where there is no EAP, or not yet.</summary>
    public Identity? EapId { get; init; }

    /// <summary>The EAP of the round under way; null where it is none.</summary>
    public EapConversation? Eap { get; init; }

    /// <summary>IDi, where it is what the round under way proves; null where EAP is to name the user.</summary>
    public Identity? NamedId => Round.EapId is null ? RemoteId : null;

    /// <summary>The identity that leases, sessions and logs go by.</summary>
    internal Identity User => EapId ?? RemoteId;

    /// <summary>A person may have to type a password, so the login has more time.</summary>
    internal bool HasEap => Connection.Rounds.Any(round => round.Auth.Class == AuthClass.Eap);

    /// <summary>What the peer must do in the round under way.</summary>
    internal RemoteAuthPolicy Round => Connection.Rounds[Proved.Length];

    /// <summary>All rounds as one word, for the method label of ike_auth_total.</summary>
    internal string Method => string.Join('+', Proved);

    /// <summary>The keys of an EAP method under way are wiped.</summary>
    internal void Forget() => Eap?.Forget();

    internal LoginProgress AfterRound(string method) => this with { Proved = Proved.Add(method) };
}

/// <summary>
/// Our AUTH payload, ready to be sent. With <paramref name="Introduces"/> IDr and our certificates go in front of it: once,
/// in the first answer (RFC 7296 §2.16).
/// </summary>
public sealed record OwnProof(AuthMethod Method, byte[] Data, bool Introduces);
