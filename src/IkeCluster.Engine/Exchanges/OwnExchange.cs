using System.Collections.Immutable;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Mobility;
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

        bool IsMeant(ChildSa child) => !child.IsRekeyed && string.Equals(child.Name, childName, StringComparison.Ordinal);
        IkeSaState doomed = state with
        {
            Children = [.. state.Children.Select(child => IsMeant(child) ? child with { IsToBeDeleted = true } : child)],
        };
        return state.Own.Pending is null ? SendNext(doomed, context) : Steps.Commit(doomed, context);
    }

    /// <summary>What waits to be sent, one request at a time: Delete of the IKE SA, or of a child; else only the row is written.</summary>
    private static Step SendNext(IkeSaState state, in StepContext context, params ReadOnlySpan<IkeEffect> effects)
    {
        if (state.Phase == SaPhase.Deleting)
        {
            return SendDelete(state, context);
        }

        if (state.Phase != SaPhase.Established || state.Children.FirstOrDefault(child => child.IsToBeDeleted) is not { } doomed)
        {
            return Steps.Commit(state, context, effects);
        }

        Span<byte> buffer = stackalloc byte[16];
        var writer = new PayloadWriter(buffer);
        writer.DeleteChildren(SecurityProtocol.Esp, [doomed.InboundSpi]);
        Step step = Send(
            state, OwnRequestKind.DeleteChild, writer.First, buffer[..writer.Written], doomed.InboundSpi, state.Path, context);
        return step with { Effects = [.. effects, .. step.Effects] };
    }

    internal static Step SendDelete(IkeSaState state, in StepContext context)
    {
        Span<byte> buffer = stackalloc byte[16];
        var writer = new PayloadWriter(buffer);
        writer.DeleteIke();
        return Send(state, OwnRequestKind.DeleteIke, writer.First, buffer[..writer.Written], default, state.Path, context);
    }

    /// <summary>The peer was silent for dpd_delay (RFC 7296 §2.4).</summary>
    internal static Step SendLiveness(IkeSaState state, in StepContext context) => SendLiveness(state, state.Path, context);

    /// <summary>
    /// In catch-up a peer was heard from elsewhere. What it sent may be a replay, so nothing moves; but our request goes
    /// there too, and only the peer can answer it (DESIGN.md, Message IDs after a failover).
    /// </summary>
    internal static Step Probe(Step step, DatagramPath path, in StepContext context)
    {
        if (step.State!.Own.Pending is { } own)
        {
            return step with { Effects = step.Effects.Add(new IkeEffect.Send(path, own.Datagrams)) };
        }

        Step probe = SendLiveness(step.State, path, context);
        return probe with { Effects = [.. step.Effects, .. probe.Effects] };
    }

    /// <summary>An answer of the peer, deciphered. Its content matters for none of these requests, its ICV does.</summary>
    internal static Step Answered(IkeSaState state, DatagramPath path, in StepContext context)
    {
        OwnRequest own = state.Own.Pending!;
        IkeSaState next = state with
        {
            Own = new OwnRequests(state.Own.NextId.Next),
            HeardAt = context.Now,

            // RFC 7296 §2.23: an answer is new and authenticated, so a peer behind a NAT may have moved with it.
            Path = PathChange.FollowsMessages(state.Facts!.Features) ? path : state.Path,
        };
        IkeEffect done = Steps.Done(own.Exchange, "ok", "initiator");
        if (next.Path != state.Path)
        {
            // By far the usual move after a restart: the peer was found where it asked from.
            Step moved = Answered(next with { Own = state.Own }, next.Path, context);
            return moved with { Effects = [.. PathChange.Effects(state, next), .. moved.Effects] };
        }

        if (own.Kind == OwnRequestKind.DeleteIke)
        {
            return End(next, EndCause.OperatorDelete);
        }

        if (own.Kind == OwnRequestKind.DeleteChild && next.Children.FirstOrDefault(one => one.InboundSpi == own.Child) is { } child)
        {
            next = next with { Children = next.Children.Remove(child) };
            return SendNext(next, context, new IkeEffect.RemoveChild(child), Steps.Tell(new SaEvent.ChildRemoved(next, child)), done);
        }

        return SendNext(next, context, done);
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

    private static Step SendLiveness(IkeSaState state, DatagramPath path, in StepContext context) =>
        Send(state, OwnRequestKind.Liveness, PayloadType.None, [], default, path, context);

    private static Step Send(
        IkeSaState state, OwnRequestKind kind, PayloadType first, ReadOnlySpan<byte> chain, EspSpi child, DatagramPath path,
        in StepContext context)
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
        return Steps.Commit(next, context, new IkeEffect.Send(path, datagrams));
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
