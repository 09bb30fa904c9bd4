using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// Established actors in the order of their last turn, so that those idle longest are found without a search.
/// </summary>
internal sealed class Passivation(TimeSpan idleFor)
{
    private SaActor? _idlest;
    private SaActor? _busiest;

    /// <summary>When the next actor will have been idle long enough.</summary>
    public Instant NextDeadline => _idlest is null ? Instant.Never : _idlest.LastActive + idleFor;

    /// <summary>The actor had a turn: it goes to the busy end.</summary>
    public void Touch(SaActor actor, Instant now)
    {
        Remove(actor);
        actor.LastActive = now;
        actor.Idler = _busiest;
        if (_busiest is null)
        {
            _idlest = actor;
        }
        else
        {
            _busiest.Busier = actor;
        }

        _busiest = actor;
    }

    public void Remove(SaActor actor)
    {
        bool isListed = actor.Idler is not null || ReferenceEquals(_idlest, actor);
        if (!isListed)
        {
            return;
        }

        if (actor.Idler is null)
        {
            _idlest = actor.Busier;
        }
        else
        {
            actor.Idler.Busier = actor.Busier;
        }

        if (actor.Busier is null)
        {
            _busiest = actor.Idler;
        }
        else
        {
            actor.Busier.Idler = actor.Idler;
        }

        (actor.Idler, actor.Busier) = (null, null);
    }

    /// <summary>The actor that has been idle longest, if that is long enough.</summary>
    public SaActor? FindIdle(Instant now) => NextDeadline <= now ? _idlest : null;

    /// <summary>
    /// Whether the row can stand for the actor: nothing under way, and nothing in memory that the row has not, but
    /// liveness, and fragments whose time is over. Liveness moves the two windows and nothing else (DESIGN.md, Message IDs after a failover).
    /// </summary>
    public static bool CanSleep(SaActor actor, Instant now, out bool isAhead)
    {
        IkeSaState state = actor.State;
        isAhead = false;
        if (actor.IsFrozen || actor.Row is not { } row || state.Phase != SaPhase.Established
            || state.Handshake is not null || state.Pending is not null
            || !state.Own.IsFree || state.Window.Reassembly?.IsOver(now) == false)
        {
            return false;
        }

        isAhead = state.IsCatchingUp || state.Window.Expected != row.Window.Expected || state.Own.NextId != row.Own.NextId;
        IkeSaState asInRow = state with
        {
            Window = row.Window,
            Own = state.Own with { NextId = row.Own.NextId },
            HeardAt = row.HeardAt,
            LastTicket = row.LastTicket,
            Creates = row.Creates,
            IsCatchingUp = row.IsCatchingUp,
            IsReached = row.IsReached,
        };
        return asInRow == row;
    }
}
