using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Commit;

/// <summary>A login's claim to be a session of its identity; a store asks <see cref="Judge"/>, and does what that says.</summary>
public readonly record struct SessionClaim(IkeSpi LocalSpi, SessionSeat Seat, SessionRule Rule)
{
    /// <summary>
    /// What is to be done about the peer's other sessions. It depends on nothing but what was committed before, so whoever
    /// commits last decides, on whichever node.
    /// </summary>
    /// <param name="others">All sessions of the same peer; those of another connection have no part in it.</param>
    public SessionVerdict Judge(IReadOnlyCollection<SessionRow> others)
    {
        var displaced = ImmutableArray.CreateBuilder<DisplacedSa>();
        var sameClient = ImmutableArray.CreateBuilder<DisplacedSa>();
        int kept = 0;
        SessionKey key = Seat.Key;
        foreach (SessionRow other in others.Where(other => other.Seat.Key == key))
        {
            Displacement how = HowItGoes(other);
            if (how > other.Displaced)
            {
                displaced.Add(new DisplacedSa(other.LocalSpi, how));
            }
            else if (other.Displaced == Displacement.None && other.Seat.IsSameClient(Seat))
            {
                sameClient.Add(new DisplacedSa(other.LocalSpi, Displacement.Reauthenticated));
            }
            else if (other.Displaced == Displacement.None)
            {
                kept++;
                if (Rule.Unique == UniquePolicy.Keep)
                {
                    return new SessionVerdict(SessionRefusal.AlreadyConnected, []);
                }
            }
        }

        if (Rule.Limit == 0 || kept + sameClient.Count < Rule.Limit)
        {
            return new SessionVerdict(SessionRefusal.None, displaced.DrainToImmutable());
        }

        // At the limit a client may still log in anew before it ends its old SA, which is then counted no more.
        displaced.AddRange(sameClient);
        return kept < Rule.Limit
            ? new SessionVerdict(SessionRefusal.None, displaced.DrainToImmutable())
            : new SessionVerdict(SessionRefusal.TooManySessions, []);
    }

    private Displacement HowItGoes(in SessionRow other)
    {
        bool isSameClient = other.Seat.IsSameClient(Seat);
        return Rule switch
        {
            { IsInitialContact: true, Unique: not UniquePolicy.Never } => Displacement.InitialContact,
            { Unique: UniquePolicy.Replace } => isSameClient ? Displacement.Reauthenticated : Displacement.Replaced,
            { Unique: UniquePolicy.Keep } => isSameClient ? Displacement.Reauthenticated : Displacement.None,
            _ => Displacement.None,
        };
    }
}

/// <summary>A session as the store has it; one that is displaced is no session any more, but its SA has not ended yet.</summary>
public readonly record struct SessionRow(IkeSpi LocalSpi, SessionSeat Seat, Displacement Displaced);

/// <summary>Where a login is refused, nothing is displaced.</summary>
public readonly record struct SessionVerdict(SessionRefusal Refusal, ImmutableArray<DisplacedSa> Displaced);

/// <summary>An SA that its owner is to end.</summary>
public readonly record struct DisplacedSa(IkeSpi LocalSpi, Displacement How);
