using IkeCluster.Engine.Mobility;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol.Message;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>
/// REDIRECT to a client that has an SA (RFC 5685 §5): it acknowledges, logs in at the other gateway and deletes this SA
/// when it likes.
/// </summary>
internal static class OwnRedirect
{
    /// <summary>The node drains. The request goes out by the SA's timer, as soon as nothing else of ours is under way.</summary>
    internal static Step Order(IkeSaState state, in StepContext context)
    {
        bool isMeant = state.Phase == SaPhase.Established && state.Facts!.Features.HasFlag(PeerFeatures.Redirect)
            && context.Policy.Redirect.To is not null;
        return Steps.Go(state with { IsToBeRedirected = isMeant }, context);
    }

    internal static Step Send(IkeSaState state, in StepContext context)
    {
        IkeSaState told = state with { IsToBeRedirected = false };
        if (context.Policy.Redirect.To is not { } target)
        {
            return Steps.Go(told, context);
        }

        byte[] buffer = new byte[Redirect.NotifyOctetsMax];
        var writer = new PayloadWriter(buffer);
        Redirect.Write(ref writer, target);
        return OwnExchange.Send(
            told, OwnRequestKind.Redirect, new InnerMessage(writer.First, buffer[..writer.Written]), default, told.Path, context);
    }

    internal static Step Answered(IkeSaState state, OwnRequest own, in StepContext context) => OwnDelete.SendNext(
        state, context, Steps.Tell(new SaEvent.Redirected(state, $"{context.Policy.Redirect.To}")), Steps.Done(own.Exchange, "ok", "initiator"));
}
