using IkeCluster.Engine.Exchanges.Own;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// An SA that a later login of the same identity put out. The store decided, and keeps the mark (DESIGN.md, Identities and
/// addresses); here is what is done about it, now or whenever the SA is read back.
/// </summary>
internal static class Displacing
{
    /// <summary>What strongSwan gives a client to delete the SA that it has logged in anew beside (RFC 7296 §2.8.3).</summary>
    internal static readonly TimeSpan ReauthGrace = TimeSpan.FromSeconds(10);

    /// <summary>The mark is told; being told twice, or of a gentler way, changes nothing.</summary>
    internal static Step Next(IkeSaState state, Displacement how, in StepContext context)
    {
        // An SA that was rekeyed has handed its session on, and its successor is told by itself.
        if (state.Phase is SaPhase.HalfOpen or SaPhase.Rekeyed || how <= state.Displaced)
        {
            return Steps.Go(state, context);
        }

        IkeSaState displaced = state with { Displaced = how, LeavesAt = Instant.Never };
        if (how == Displacement.InitialContact)
        {
            // RFC 7296 §2.4: the peer remembers nothing of it, so a Delete would only be a question without an answer.
            return Steps.End(
                displaced, [.. Informational.RemoveChildren(displaced), Steps.Tell(new SaEvent.Ended(displaced, EndCause.InitialContact))]);
        }

        if (displaced.Phase == SaPhase.Deleting)
        {
            return Steps.Go(displaced, context);
        }

        return how == Displacement.Reauthenticated
            ? Steps.Go(displaced with { LeavesAt = context.Now + ReauthGrace }, context)
            : OwnDelete.Terminate(displaced, childName: null, context);
    }

    /// <summary>The client had time to delete the SA, and has not.</summary>
    internal static Step Leave(IkeSaState state, in StepContext context) =>
        OwnDelete.Terminate(state with { LeavesAt = Instant.Never }, childName: null, context);

    /// <summary>Why we delete the IKE SA: for its place, or for a reason of its own.</summary>
    internal static EndCause CauseOf(IkeSaState state) =>
        state.Displaced == Displacement.None ? state.DeletedFor : EndCause.Replaced;
}
