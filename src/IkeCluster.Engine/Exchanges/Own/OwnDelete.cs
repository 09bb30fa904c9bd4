using IkeCluster.Engine.Children;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>Deletes that this side begins (RFC 7296 §1.4.1): of the IKE SA, or of one Child SA.</summary>
internal static class OwnDelete
{
    /// <summary>An operator ends the SA or a child. A request under way is waited for: the window is one.</summary>
    internal static Step Terminate(IkeSaState state, string? childName, in StepContext context)
    {
        if (state.Phase == SaPhase.HalfOpen)
        {
            return Steps.End(state, Steps.Tell(new SaEvent.Ended(state, EndCause.OperatorDelete)));
        }

        bool IsMeant(ChildSa child) => !child.IsRekeyed && string.Equals(child.Name, childName, StringComparison.Ordinal);
        IkeSaState doomed = childName is null
            ? state with { Phase = SaPhase.Deleting }
            : state with { Children = [.. state.Children.Select(child => IsMeant(child) ? child with { IsToBeDeleted = true } : child)] };
        return state.Own.IsFree ? SendNext(doomed, context) : Steps.Commit(doomed, context);
    }

    /// <summary>
    /// What waits to be deleted goes out now, in the step's own commit; where nothing waits, only the row is written.
    /// </summary>
    internal static Step SendNext(IkeSaState state, in StepContext context, params ReadOnlySpan<IkeEffect> effects)
    {
        if (state.Phase == SaPhase.Deleting)
        {
            Step last = SendIke(state, context);
            return last with { Effects = [.. effects, .. last.Effects] };
        }

        if (state.Phase == SaPhase.Established && !state.Own.Dropped.IsEmpty)
        {
            EspSpi first = state.Own.Dropped[0];
            Step told = SendChild(state with { Own = state.Own with { Dropped = state.Own.Dropped.RemoveAt(0) } }, first, context);
            return told with { Effects = [.. effects, .. told.Effects] };
        }

        if (state.Phase != SaPhase.Established || state.Children.FirstOrDefault(child => child.IsToBeDeleted) is not { } doomed)
        {
            return Steps.Commit(state, context, effects);
        }

        Step step = SendChild(state, doomed.InboundSpi, context);
        return step with { Effects = [.. effects, .. step.Effects] };
    }

    internal static Step SendIke(IkeSaState state, in StepContext context)
    {
        byte[] buffer = new byte[16];
        var writer = new PayloadWriter(buffer);
        writer.DeleteIke();
        return OwnExchange.Send(
            state, OwnRequestKind.DeleteIke, new InnerMessage(writer.First, buffer[..writer.Written]), default, state.Path, context);
    }

    /// <summary>By the SPI that we receive on; the child may be one that was never made on this side.</summary>
    internal static Step SendChild(IkeSaState state, EspSpi inbound, in StepContext context)
    {
        byte[] buffer = new byte[16];
        var writer = new PayloadWriter(buffer);
        writer.DeleteChildren(SecurityProtocol.Esp, [inbound]);
        return OwnExchange.Send(
            state, OwnRequestKind.DeleteChild, new InnerMessage(writer.First, buffer[..writer.Written]), inbound, state.Path, context);
    }

    /// <summary>The peer has answered; nothing in the answer can keep what was deleted.</summary>
    internal static Step Answered(IkeSaState state, OwnRequest own, in StepContext context)
    {
        if (own.Kind == OwnRequestKind.DeleteIke)
        {
            return OwnExchange.End(state, CauseOf(state));
        }

        IkeEffect done = Steps.Done(own.Exchange, "ok", "initiator");
        if (state.Children.FirstOrDefault(one => one.InboundSpi == own.Child) is not { } child)
        {
            return SendNext(state, context, done);
        }

        IkeSaState next = state with { Children = state.Children.Remove(child) };
        return SendNext(
            next, context, new IkeEffect.RemoveChild(child), Steps.Tell(new SaEvent.ChildRemoved(next, child, CauseOf(child, context))), done);
    }

    private static ChildEndCause CauseOf(ChildSa child, in StepContext context) =>
        child.IsRekeyed ? ChildEndCause.Rekeyed
        : child.ExpireAt <= context.Now ? ChildEndCause.Expired
        : ChildEndCause.OperatorDelete;

    internal static EndCause CauseOf(IkeSaState state) =>
        state.Phase == SaPhase.Rekeyed ? EndCause.Rekeyed : Displacing.CauseOf(state);
}
