using System.Collections.Immutable;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>
/// Lifetimes that nothing prolongs, not even a request of ours that the peer leaves unanswered: what is past its own carries
/// no more traffic, and its Delete follows as soon as the window is free (RFC 7296 §2.8; RFC 4301 §4.4.2.1).
/// </summary>
internal static class HardEnds
{
    /// <summary>When the first of them comes, of an SA with something of ours under way.</summary>
    internal static Instant NextAt(IkeSaState state)
    {
        if (state.Phase != SaPhase.Established)
        {
            return Instant.Never;
        }

        Instant next = OfIke(state);
        foreach (ChildSa child in state.Children)
        {
            next = child.ExpireAt < next && !IsBeingDeleted(state, child) ? child.ExpireAt : next;
        }

        return next;
    }

    internal static Instant OfIke(IkeSaState state) =>
        state.Facts!.ExpireAt < state.Facts.LoginEndsAt ? state.Facts.ExpireAt : state.Facts.LoginEndsAt;

    /// <summary>One has come while something of ours is under way.</summary>
    internal static Step Pass(IkeSaState state, in StepContext context)
    {
        Instant now = context.Now;
        if (OfIke(state) > now)
        {
            return Drop(state, [.. state.Children.Where(child => child.ExpireAt <= now && !IsBeingDeleted(state, child))], context);
        }

        IkeSaState over = state with { Phase = SaPhase.Deleting, DeletedFor = EndCause.Expired, Children = [] };
        return Steps.Commit(over, context, [.. Informational.RemoveChildren(state)]);
    }

    /// <summary>Children leave this side; what tells the peer waits for the window.</summary>
    internal static Step Drop(IkeSaState state, ImmutableArray<ChildSa> gone, in StepContext context)
    {
        OwnRequests own = state.Own with { Dropped = [.. state.Own.Dropped, .. gone.Select(child => child.InboundSpi)] };
        IkeSaState next = state with { Own = own, Children = state.Children.RemoveRange(gone) };
        return Steps.Commit(next, context, [.. Informational.RemoveChildren(state with { Children = gone }, ChildEndCause.Expired)]);
    }

    private static bool IsBeingDeleted(IkeSaState state, ChildSa child) =>
        state.Own.Pending is { Kind: OwnRequestKind.DeleteChild } own && own.Child == child.InboundSpi;
}
