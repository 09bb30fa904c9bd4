using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>
/// What this side wants to ask next, and when: what was ordered to end, what has reached its hard lifetime, what is due for
/// a rekey, and last a peer that is silent (RFC 7296 §2.4, 2.8).
/// </summary>
internal static class OwnDuties
{
    /// <summary>When the first of them is due; of an SA with nothing under way.</summary>
    internal static Instant NextAt(IkeSaState state, PolicySet policy, Instant now)
    {
        if (state.Phase == SaPhase.Deleting)
        {
            return now;
        }

        if (state.Phase != SaPhase.Established)
        {
            return Instant.Never;
        }

        if (state.IsToBeRedirected || !state.Own.Dropped.IsEmpty)
        {
            return now;
        }

        SaFacts facts = state.Facts!;
        Instant next = First(LivenessAt(state, policy), First(facts.RekeyAt, HardEnds.OfIke(state)));
        foreach (ChildSa child in state.Children)
        {
            next = First(next, child.IsToBeDeleted ? now : First(RekeyAt(child), child.ExpireAt));
        }

        foreach (WantedChild wanted in state.Own.Wanted)
        {
            next = First(next, wanted.At);
        }

        return next;
    }

    /// <summary>An operator's word: what it names is due now.</summary>
    internal static Step Rekey(IkeSaState state, string? childName, in StepContext context)
    {
        Instant now = context.Now;
        bool IsMeant(ChildSa child) => string.Equals(child.Name, childName, StringComparison.Ordinal);
        IkeSaState next = childName is not null
            ? state with { Children = [.. state.Children.Select(child => IsMeant(child) ? child with { RekeyAt = now } : child)] }
            : state.Facts is { } facts ? state with { Facts = facts with { RekeyAt = now } } : state;
        return BeginIfFree(next, context);
    }

    /// <summary>A Child SA has carried what it may; of one that is gone, on its way out, or refused a rekey
    /// lately, nothing follows.</summary>
    internal static Step Expiring(IkeSaState state, IkeInput.ChildExpiring expiring, in StepContext context)
    {
        ChildSa? child = state.Children.FirstOrDefault(one => one.InboundSpi == expiring.InboundSpi);
        bool isAsked = child is { IsRekeyed: true } or { RekeyTries: > 0 };
        if (child is null || child.IsToBeDeleted || (isAsked && !expiring.IsHard))
        {
            return Steps.Go(state, context);
        }

        if (expiring.IsHard && !state.Own.IsFree && state.Phase == SaPhase.Established)
        {
            return HardEnds.Drop(state, [child], context);
        }

        ChildSa due = expiring.IsHard ? child with { IsToBeDeleted = true, ExpireAt = context.Now } : child with { RekeyAt = context.Now };
        return BeginIfFree(state with { Children = state.Children.Replace(child, due) }, context);
    }

    private static Step BeginIfFree(IkeSaState state, in StepContext context) =>
        state.IsEstablished && state.Own.IsFree ? Begin(state, context) : Steps.Go(state, context);

    /// <summary>Begins the first that is due.</summary>
    internal static Step Begin(IkeSaState state, in StepContext context)
    {
        Instant now = context.Now;
        if (state.Phase != SaPhase.Established)
        {
            return state.Phase == SaPhase.Deleting ? OwnDelete.SendIke(state, context) : Steps.Go(state, context);
        }

        if (state.IsToBeRedirected)
        {
            return OwnRedirect.Send(state, context);
        }

        if (HardEnds.OfIke(state) <= now)
        {
            return OwnDelete.SendIke(state with { Phase = SaPhase.Deleting, DeletedFor = EndCause.Expired }, context);
        }

        if (!state.Own.Dropped.IsEmpty)
        {
            return OwnDelete.SendNext(state, context);
        }

        if (state.Children.FirstOrDefault(child => child.IsToBeDeleted || child.ExpireAt <= now) is { } ending)
        {
            return OwnDelete.SendNext(
                state with { Children = state.Children.Replace(ending, ending with { IsToBeDeleted = true }) }, context);
        }

        if (state.Facts!.RekeyAt <= now)
        {
            return OwnRekeyIke.Begin(state, context);
        }

        if (state.Children.FirstOrDefault(child => RekeyAt(child) <= now) is { } aged)
        {
            return OwnChild.BeginRekey(state, aged, context);
        }

        if (state.Own.Wanted.FirstOrDefault(wanted => wanted.At <= now) is { } due)
        {
            return OwnChild.BeginWanted(state, due, context);
        }

        return LivenessAt(state, context.Policy) <= now
            ? OwnExchange.SendLiveness(state, state.Path, context)
            : Steps.Go(state, context);
    }

    /// <summary>The sum of a draft failed on our side: what it was for is tried again later.</summary>
    internal static Step Postpone(IkeSaState state, OwnDraft draft, in StepContext context)
    {
        IkeSaState free = state with { Own = state.Own with { Draft = null } };
        return Steps.Go(
            draft.Kind == OwnRequestKind.RekeyIke ? OwnRekeyIke.Postpone(free, context) : OwnChild.Postpone(free, draft.Child, draft.ChildName, context),
            context);
    }

    /// <summary>
    /// After a takeover the rekeys that came due meanwhile are spread over a tenth of the lifetime, so that a node that
    /// inherits many SAs serves its own without a dip (DESIGN.md). None waits for more than half of what is left of its hard
    /// lifetime: the row keeps the old time, so the next takeover puts it off again.
    /// </summary>
    internal static IkeSaState Spread(IkeSaState state, in StepContext context)
    {
        SaFacts facts = state.Facts!;
        Instant now = context.Now;
        if (First(facts.RekeyAt, state.Children.IsEmpty ? Instant.Never : state.Children.Min(RekeyAt)) > now)
        {
            return state;
        }

        double chance = Lifetimes.Chance(context);
        Instant Later(Instant at, Instant since, Instant end) => at > now ? at : now + (LongestWait(at - since, now, end) * chance);
        return state with
        {
            Facts = facts with { RekeyAt = Later(facts.RekeyAt, facts.EstablishedAt, facts.ExpireAt) },
            Children = [.. state.Children.Select(child => child with { RekeyAt = Later(child.RekeyAt, child.InstalledAt, child.ExpireAt) })],
        };
    }

    private static TimeSpan LongestWait(TimeSpan lifetime, Instant now, Instant end)
    {
        TimeSpan tenth = lifetime / 10;
        if (end == Instant.Never)
        {
            return tenth;
        }

        TimeSpan half = end > now ? (end - now) / 2 : TimeSpan.Zero;
        return half < tenth ? half : tenth;
    }

    private static Instant LivenessAt(IkeSaState state, PolicySet policy)
    {
        TimeSpan delay = policy.FindConnection(state.Facts!.Connection)?.DpdDelay ?? TimeSpan.Zero;
        return delay > TimeSpan.Zero ? state.HeardAt + delay : Instant.Never;
    }

    // A child that was replaced waits for its Delete, and is not replaced again.
    private static Instant RekeyAt(ChildSa child) => child.IsRekeyed ? Instant.Never : child.RekeyAt;

    private static Instant First(Instant one, Instant other) => one < other ? one : other;
}
