using System.Diagnostics;
using IkeCluster.Crypto;
using IkeCluster.Engine.Authentication;
using IkeCluster.Engine.Authentication.Eap;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// A round of IKE_AUTH by EAP (RFC 7296 §2.16). Our own proof goes out with the first request of the method, so that the
/// peer knows to whom it shows its password; at the end both sides prove with the MSK that they ran the same method.
/// </summary>
internal static class EapRound
{
    /// <summary>The first request of the method; in the first round <paramref name="proof"/> goes in front of it.</summary>
    internal static Step Begin(IkeSaState state, DatagramPath path, LoginProgress login, OwnProof? proof, in StepContext context)
    {
        if (login.Round.EapId is not null)
        {
            var identity = new EapIdentityRound();
            return Carry(state, path, With(login, identity), proof, identity.Start(0, context), context);
        }

        // Without eap_id the identity of IKE is the user name, as swanctl has it.
        LoginProgress known = login with { EapId = login.RemoteId };
        IEapMethod method = EapMethods.Make(IkeAuth.LocalIdentity(login.Connection, path), login.RemoteId, context.Policy);
        return Carry(state, path, With(known, method), proof, method.Start(0, context), context);
    }

    /// <summary>A request of the peer while the conversation goes on, or right after it.</summary>
    internal static Step Answer(
        IkeSaState state, DatagramPath path, LoginProgress login, scoped in PayloadIndex payloads, in StepContext context)
    {
        EapConversation eap = login.Eap!;
        if (eap.HasSucceeded)
        {
            return CheckAuth(state, path, login, payloads, context);
        }

        if (!payloads.TryFind(PayloadType.Eap, out PayloadView body) || !EapPayload.TryRead(body.Body, out EapPayload packet, out ParseFault fault))
        {
            string cause = body.Body.IsEmpty ? "no EAP payload where one was awaited" : "the EAP packet's length is not the payload's";
            return IkeAuth.Refuse(state, path, Refusal.Of(login, LoginFailure.Malformed, cause), context, NotifyType.InvalidSyntax);
        }

        EapStep step = eap.Judge(packet) is { } wrong
            ? new EapStep.Failure(LoginFailure.Malformed, wrong)
            : eap.Method.Answer(packet, context);
        return Carry(state, path, login, null, step, context);
    }

    /// <summary>What the method waited for is there.</summary>
    internal static Step Resumed(IkeSaState state, PendingStage.AnsweringEap stage, WorkResult result, in StepContext context) =>
        Carry(state, state.Pending!.Path, stage.Login, stage.Proof, stage.Login.Eap!.Method.Resume(result, context), context);

    private static Step Carry(
        IkeSaState state, DatagramPath path, LoginProgress login, OwnProof? proof, EapStep step, in StepContext context)
    {
        EapConversation eap = login.Eap!;
        switch (step)
        {
            case EapStep.Ask ask:
                LoginProgress asked = login with { Eap = eap with { Method = ask.Next, Identifier = ask.Request[1], Rounds = eap.Rounds + 1 } };
                return Send(state, path, asked, proof, ask.Request, context);
            case EapStep.Wait wait:
                LoginProgress waits = login with { Eap = eap with { Method = wait.Next } };
                IkeSaState waiting = state with { Handshake = state.Handshake! with { Login = waits } };
                (IkeSaState next, Ticket ticket) = IkeAuth.Wait(waiting, path, new PendingStage.AnsweringEap(waits, proof));
                return Steps.Go(next, context, new IkeEffect.StartWork(ticket, wait.Work));
            case EapStep.Identified identified:
                return BeginMethod(state, path, login, identified.Identity, context);
            case EapStep.Success success:
                LoginProgress done = login with { Eap = eap with { HasSucceeded = true, Msk = success.Msk } };
                return Send(state, path, done, proof, EapPacket.End(EapPacket.SuccessCode, eap.Identifier), context);
            case EapStep.Failure failure:
                return Fail(state, path, login, failure, context);
            default:
                throw new UnreachableException();
        }
    }

    // The user is known now: the connection may be another one of those that would have answered alike so far.
    private static Step BeginMethod(IkeSaState state, DatagramPath path, LoginProgress login, Identity user, in StepContext context)
    {
        ConnectionPolicy? connection = login.Proved.IsEmpty
            ? PolicyMatch.ByEapIdentity(state.Handshake!.Candidates, login.Connection, path.Local.Address, login.RemoteId, user)
            : login.Round.EapId!.Match(user) > 0 ? login.Connection : null;
        LoginProgress known = login with { EapId = user };
        if (connection is null)
        {
            return Fail(state, path, known, new(LoginFailure.UnknownIdentity, "no connection's eap_id takes this EAP identity"), context);
        }

        IEapMethod method = EapMethods.Make(IkeAuth.LocalIdentity(connection, path), user, context.Policy);
        EapConversation eap = login.Eap! with { Method = method };
        return Carry(state, path, known with { Connection = connection, Eap = eap }, null, method.Start(eap.Identifier, context), context);
    }

    private static Step Send(
        IkeSaState state, DatagramPath path, LoginProgress login, OwnProof? proof, byte[] packet, in StepContext context)
    {
        byte[] buffer = new byte[Login.ProofOctetsMax(login.Connection) + packet.Length];
        var writer = new PayloadWriter(buffer);
        Login.WriteProof(ref writer, path, login, proof);
        writer.Eap(packet);
        IkeSaState waiting = state with { Handshake = state.Handshake! with { Login = login } };
        (IkeSaState next, IkeEffect send) = Reply.To(waiting, path, ExchangeType.IkeAuth, writer, buffer, context);
        return Steps.Go(next, context, send, Steps.Done(ExchangeType.IkeAuth, "ok"));
    }

    private static Step Fail(
        IkeSaState state, DatagramPath path, LoginProgress login, EapStep.Failure failure, in StepContext context)
    {
        Span<byte> buffer = stackalloc byte[64];
        var writer = new PayloadWriter(buffer);
        writer.Eap(EapPacket.End(EapPacket.FailureCode, login.Eap!.Identifier));
        writer.Notify(NotifyType.AuthenticationFailed);
        (_, IkeEffect send) = Reply.To(state, path, ExchangeType.IkeAuth, writer, buffer, context);
        login.Forget();
        return IkeAuth.Refuse(state, path, Refusal.Of(login, failure.Reason, failure.Cause), send);
    }

    /// <summary>The peer's AUTH after EAP-Success, and ours, by the MSK or, without one, by SK_pi and SK_pr (RFC 7296 §2.16).</summary>
    private static Step CheckAuth(
        IkeSaState state, DatagramPath path, LoginProgress login, scoped in PayloadIndex payloads, in StepContext context)
    {
        SecretBytes? msk = login.Eap!.Msk;
        bool isSound = payloads.TryFind(PayloadType.Auth, out PayloadView body) & AuthPayload.TryRead(body.Body, out AuthPayload auth, out _);
        if (!isSound)
        {
            return IkeAuth.Refuse(
                state, path, Refusal.Of(login, LoginFailure.Malformed, "no sound AUTH payload after EAP"), context, NotifyType.InvalidSyntax);
        }

        byte[] theirs = SignedOctets.OfInitiator(state, login.RestOfIdi);
        if (auth.Method != AuthMethod.SharedKey
            || !PskProof.Holds(state.Proposal.Prf, msk is null ? state.Keys!.SkPi.Reveal() : msk.Reveal(), theirs, auth.Data))
        {
            return IkeAuth.Refuse(
                state, path, Refusal.Of(login, LoginFailure.WrongEapKey, "AUTH is not made with the key of the EAP method"), context);
        }

        byte[] ours = SignedOctets.OfResponder(state, Login.RestOf(IkeAuth.LocalIdentity(login.Connection, path)));
        var proof = new OwnProof(
            AuthMethod.SharedKey, PskProof.Make(state.Proposal.Prf, msk is null ? state.Keys!.SkPr.Reveal() : msk.Reveal(), ours), Introduces: false);
        login.Forget();
        bool anotherFollows = payloads.HasNotify(NotifyType.AnotherAuthFollows);
        return IkeAuth.RoundProved(state, path, login with { Eap = null }, EapMethods.WordFor(login.Round.Auth), anotherFollows, context, proof);
    }

    private static LoginProgress With(LoginProgress login, IEapMethod method) =>
        login with { Eap = new EapConversation { Method = method, Identifier = 0, Rounds = 0 } };
}
