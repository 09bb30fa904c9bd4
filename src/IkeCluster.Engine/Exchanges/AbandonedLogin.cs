using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// A login that takes several requests may be left in the middle: the peer says so by INFORMATIONAL (RFC 7296 §2.21.2), or
/// is heard no more. Where the method had settled already that it fails, that is the cause told, not how the peer left.
/// </summary>
internal static class AbandonedLogin
{
    /// <summary>AUTHENTICATION_FAILED, or a Delete of what is not yet an SA; anything else has to wait for the login.</summary>
    internal static Step Answer(IkeSaState state, IkeSaState heard, DatagramPath path, InnerMessage request, in StepContext context)
    {
        LoginProgress? login = state.Handshake!.Login;
        if (login is null || !PayloadIndex.TryRead(request.First, request.Chain, out PayloadIndex payloads, out _) || !SaysSo(payloads))
        {
            return Steps.Drop(state, DropReason.UnexpectedExchange, context);
        }

        (_, IkeEffect send) = Reply.To(heard, path, ExchangeType.Informational, default, [], context);
        Refusal why = Why(login, LoginFailure.PeerGaveUp, "the peer gave the login up");
        login.Forget();
        return Steps.End(heard, send, Steps.Tell(why.ToEvent(heard, path)), Steps.Done(ExchangeType.Informational, "ok"));
    }

    internal static Step TimedOut(IkeSaState state)
    {
        LoginProgress? login = state.Handshake!.Login;
        string cause = login is null ? "no IKE_AUTH in time" : "the login was begun and not finished in time";
        return Steps.End(state, Steps.Tell(Why(login, LoginFailure.Timeout, cause).ToEvent(state, state.Path)));
    }

    private static Refusal Why(LoginProgress? login, LoginFailure otherwise, string cause) =>
        login?.Eap?.Method.Verdict is { } settled
            ? Refusal.Of(login, settled.Reason, settled.Cause)
            : Refusal.Of(login, otherwise, cause);

    private static bool SaysSo(in PayloadIndex payloads) =>
        payloads.HasNotify(NotifyType.AuthenticationFailed)
        || (payloads.TryFind(PayloadType.Delete, out PayloadView body) && DeletePayload.TryRead(body.Body, out DeletePayload delete, out _)
            && delete.Protocol == SecurityProtocol.Ike);
}
