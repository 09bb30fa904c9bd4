using System.Collections.Immutable;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// Requests of ours: liveness of a silent peer, Delete of a Child SA, Delete of the IKE SA. One at a time; each is written
/// with its exact octets before it is first sent, and sent again octet for octet (RFC 7296 §2.1; DESIGN.md).
/// </summary>
internal static class OwnExchange
{
    /// <summary>An operator ends the SA or a child. A request under way is waited for: the window is one.</summary>
    internal static Step Terminate(IkeSaState state, string? childName, in StepContext context)
    {
        if (state.Phase == SaPhase.HalfOpen)
        {
            return Steps.End(state, Steps.Tell(new SaEvent.Ended(state, EndCause.OperatorDelete)));
        }

        if (childName is null)
        {
            IkeSaState deleting = state with { Phase = SaPhase.Deleting };
            return state.Own.Pending is null ? SendDelete(deleting, context) : Steps.Commit(deleting, context);
        }

        ChildSa? child = state.Children.FirstOrDefault(child => string.Equals(child.Name, childName, StringComparison.Ordinal));
        if (child is null || state.Own.Pending is not null || state.Phase != SaPhase.Established)
        {
            return Steps.Go(state, context);
        }

        Span<byte> buffer = stackalloc byte[16];
        var writer = new PayloadWriter(buffer);
        writer.DeleteChildren(SecurityProtocol.Esp, [child.InboundSpi]);
        return Send(state, OwnRequestKind.DeleteChild, writer.First, buffer[..writer.Written], child.InboundSpi, context);
    }

    internal static Step SendDelete(IkeSaState state, in StepContext context)
    {
        Span<byte> buffer = stackalloc byte[16];
        var writer = new PayloadWriter(buffer);
        writer.DeleteIke();
        return Send(state, OwnRequestKind.DeleteIke, writer.First, buffer[..writer.Written], default, context);
    }

    /// <summary>The peer was silent for dpd_delay (RFC 7296 §2.4).</summary>
    internal static Step SendLiveness(IkeSaState state, in StepContext context) =>
        Send(state, OwnRequestKind.Liveness, PayloadType.None, [], default, context);

    /// <summary>An answer of the peer, deciphered. Its content matters for none of these requests, its ICV does.</summary>
    internal static Step Answered(IkeSaState state, in StepContext context)
    {
        OwnRequest own = state.Own.Pending!;
        IkeSaState next = state with
        {
            Own = new OwnRequests(state.Own.NextId.Next),
            HeardAt = context.Now,
            IsCatchingUp = false,
        };
        IkeEffect done = Steps.Done(own.Exchange, "ok", "initiator");
        if (own.Kind == OwnRequestKind.DeleteIke)
        {
            return End(next, EndCause.OperatorDelete);
        }

        if (next.Phase == SaPhase.Deleting)
        {
            return SendDelete(next, context);
        }

        if (own.Kind == OwnRequestKind.DeleteChild && next.Children.FirstOrDefault(one => one.InboundSpi == own.Child) is { } child)
        {
            next = next with { Children = next.Children.Remove(child) };
            return Steps.Commit(next, context, new IkeEffect.RemoveChild(child), Steps.Tell(new SaEvent.ChildRemoved(next, child)), done);
        }

        return Steps.Commit(next, context, done);
    }

    /// <summary>
    /// A timer fired: send the pending request again, begin liveness, or give the SA up.
    /// </summary>
    internal static Step TimerFired(IkeSaState state, in StepContext context)
    {
        if (context.Now >= state.EndAt)
        {
            return End(state, EndCause.Rekeyed);
        }

        if (state.Own.Pending is not { } own)
        {
            return IsSilent(state, context) ? SendLiveness(state, context) : Steps.Go(state, context);
        }

        if (context.Now < own.RetransmitAt)
        {
            return Steps.Go(state, context);
        }

        return own.Tries < context.Policy.Times.RetransmitTries ? Retransmit(state, own, context) : GiveUp(state, own, context);
    }

    /// <summary>After an owner change the pending request goes out at once, octet for octet.</summary>
    internal static Step Retransmit(IkeSaState state, OwnRequest own, in StepContext context)
    {
        OwnRequest again = own with
        {
            Tries = own.Tries + 1,
            RetransmitAt = context.Now + context.Policy.Times.RetransmitAfter(own.Tries + 1),
        };
        return Steps.Go(state with { Own = state.Own with { Pending = again } }, context, new IkeEffect.Send(state.Path, own.Datagrams));
    }

    private static bool IsSilent(IkeSaState state, in StepContext context)
    {
        TimeSpan delay = context.Policy.FindConnection(state.Facts!.Connection)?.DpdDelay ?? TimeSpan.Zero;
        return state.Phase == SaPhase.Established && delay > TimeSpan.Zero && context.Now >= state.HeardAt + delay;
    }

    private static Step Send(
        IkeSaState state, OwnRequestKind kind, PayloadType first, ReadOnlySpan<byte> chain, EspSpi child, in StepContext context)
    {
        // RFC 7296 §2.2: IDs never wrap.
        if (state.Own.NextId.IsLast)
        {
            return End(state, EndCause.MessageIdsExhausted);
        }

        ImmutableArray<byte[]> datagrams = Reply.Seal(
            state, state.Path, ExchangeType.Informational, HeaderFlags.None, state.Own.NextId, first, chain, context);
        var own = new OwnRequest(
            kind, state.Own.NextId, ExchangeType.Informational, datagrams, child, 0, context.Now + context.Policy.Times.RetransmitAfter(0));
        IkeSaState next = state with { Own = state.Own with { Pending = own } };
        return Steps.Commit(next, context, new IkeEffect.Send(state.Path, datagrams));
    }

    // dpd_timeout is the shortest silence after which an SA may be declared dead (CONTRACT.md).
    private static Step GiveUp(IkeSaState state, OwnRequest own, in StepContext context)
    {
        TimeSpan timeout = context.Policy.FindConnection(state.Facts!.Connection)?.DpdTimeout ?? TimeSpan.Zero;
        return own.Kind == OwnRequestKind.Liveness && context.Now < state.HeardAt + timeout
            ? Retransmit(state, own with { Tries = own.Tries - 1 }, context)
            : End(state, own.Kind == OwnRequestKind.DeleteIke ? EndCause.OperatorDelete : EndCause.NoAnswer);
    }

    private static Step End(IkeSaState state, EndCause cause) =>
        Steps.End(state, [.. Informational.RemoveChildren(state), Steps.Tell(new SaEvent.Ended(state, cause))]);
}
