using System.Collections.Immutable;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Engine.Exchanges.Own;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>The shapes a step can have, so that every exchange says them alike.</summary>
internal static class Steps
{
    /// <summary>
    /// How long an SA that the peer rekeyed waits for the peer's Delete (RFC 7296 §2.8): longer than strongSwan repeats a
    /// request (165 s), so that a late repeat of the rekey still gets its answer.
    /// </summary>
    internal static readonly TimeSpan RekeyedLinger = TimeSpan.FromSeconds(180);

    /// <summary>Nothing to write.</summary>
    internal static Step Go(IkeSaState state, in StepContext context, params ReadOnlySpan<IkeEffect> effects) =>
        new(state, [.. effects], [], WakeAt(state, context), DropReason.None);

    /// <summary>The input had no effect but a counter.</summary>
    internal static Step Drop(IkeSaState state, DropReason reason, in StepContext context) =>
        new(state, [], [], WakeAt(state, context), reason);

    /// <summary>The row is written before the effects; its version goes up by one.</summary>
    internal static Step Commit(IkeSaState state, in StepContext context, params ReadOnlySpan<IkeEffect> effects)
    {
        IkeSaState next = state with { RowVersion = state.RowVersion + 1 };
        SaWriteKind kind = state.RowVersion == 0 ? SaWriteKind.Insert : SaWriteKind.Update;
        return new(next, [.. effects], [new SaWrite(kind, next)], WakeAt(next, context), DropReason.None);
    }

    /// <summary>The IKE SA is over: its row becomes a tombstone, if it has one, and then the effects are carried out.</summary>
    internal static Step End(IkeSaState state, params ReadOnlySpan<IkeEffect> effects)
    {
        IkeSaState last = state with { RowVersion = state.RowVersion + 1 };
        ImmutableArray<SaWrite> writes = state.RowVersion == 0 ? [] : [new SaWrite(SaWriteKind.Delete, last)];
        return new(null, [.. effects], writes, Instant.Never, DropReason.None);
    }

    /// <summary>When a half-open SA is given up.</summary>
    internal static Instant HandshakeEndsAt(Handshake handshake, IkeTimes times) =>
        handshake.StartedAt + (handshake.Login is { HasEap: true } ? times.EapTimeout : times.HalfOpenTimeout);

    internal static IkeEffect Done(ExchangeType exchange, string result, string role = "responder") =>
        new IkeEffect.Report(new SaEvent.ExchangeDone(NameOf(exchange), role, result));

    /// <summary>An exchange that a notify ended; numbers without a name are one result, or a peer could fill the metrics with 65,535.</summary>
    internal static IkeEffect Done(ExchangeType exchange, NotifyType refusal, string role = "responder") =>
        Done(exchange, Enum.IsDefined(refusal) ? $"{refusal}" : "Other", role);

    internal static IkeEffect Tell(SaEvent happened) => new IkeEffect.Report(happened);

    private static string NameOf(ExchangeType exchange) => exchange switch
    {
        ExchangeType.IkeSaInit => "ike_sa_init",
        ExchangeType.IkeAuth => "ike_auth",
        ExchangeType.CreateChildSa => "create_child_sa",
        _ => "informational",
    };

    private static Instant WakeAt(IkeSaState state, in StepContext context)
    {
        if (state.Handshake is { } handshake)
        {
            Instant givenUp = HandshakeEndsAt(handshake, context.Policy.Times);
            return state.Window.Reassembly is { } parts && parts.EndsAt < givenUp ? parts.EndsAt : givenUp;
        }

        Instant own = state.Own switch
        {
            { Pending: { Answer: null } pending } => pending.RetransmitAt,
            { IsFree: true } => OwnDuties.NextAt(state, context.Policy, context.Now),

            // A sum is under way, and its result is an input.
            _ => Instant.Never,
        };
        Instant end = state.EndAt < state.LeavesAt ? state.EndAt : state.LeavesAt;
        Instant hardEnd = state.Own.IsFree ? Instant.Never : HardEnds.NextAt(state);
        end = hardEnd < end ? hardEnd : end;
        return own < end ? own : end;
    }
}
