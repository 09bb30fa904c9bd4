using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>
/// What uniqueness is about: <paramref name="Peer"/> is the <see cref="Identity.Key"/> of who the peer proved to be;
/// <paramref name="Own"/> is who we were to it, the connection and our identity in it. Another connection may ask for a weaker
/// proof of the same name, so a login there ends no session here (decision 0004).
/// </summary>
public readonly record struct SessionKey(string Peer, string Own)
{
    public static SessionKey Of(Identity peer, string connection, Identity own) => new(peer.Key, $"{connection} {own.Key}");
}

/// <summary>
/// A session as others of its pair see it: <paramref name="Remote"/> is where the peer was heard last. A login from the very
/// same address and port is its client again, who logs in anew before it ends the old SA (RFC 7296 §2.8.3).
/// </summary>
public readonly record struct SessionSeat(SessionKey Key, UdpEndpoint Remote)
{
    /// <summary>The same pair of identities, from the same address and port.</summary>
    public bool IsSameClient(in SessionSeat other) => this == other;
}

/// <summary>What a login does about other SAs of its pair: <c>unique</c> and <c>limits.sessions_per_identity</c> (0: none).</summary>
public readonly record struct SessionRule(UniquePolicy Unique, bool IsInitialContact, int Limit)
{
    /// <summary>Where such a login finds its place, no other SA of the pair stays.</summary>
    public bool DisplacesAll => Unique is UniquePolicy.Replace or UniquePolicy.Keep || (IsInitialContact && Unique != UniquePolicy.Never);
}

/// <summary>How a later login puts an SA out, the gentle ways first.</summary>
public enum Displacement : byte
{
    None,

    /// <summary>By its own client, who will delete it; where it does not, we do after a while.</summary>
    Reauthenticated,

    /// <summary>By <c>unique: replace</c>: it is deleted, and its peer is told.</summary>
    Replaced,

    /// <summary>By INITIAL_CONTACT: its peer has said that it is gone, so nobody is told (RFC 7296 §2.4).</summary>
    InitialContact,
}

/// <summary>Why the sessions of its identity leave no room for a login.</summary>
public enum SessionRefusal : byte
{
    None,

    /// <summary><c>unique: keep</c>, and the identity is connected from elsewhere.</summary>
    AlreadyConnected,

    /// <summary><c>limits.sessions_per_identity</c> is reached.</summary>
    TooManySessions,
}
