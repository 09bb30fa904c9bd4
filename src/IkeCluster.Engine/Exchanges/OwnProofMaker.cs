using IkeCluster.Crypto;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Authentication;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>Our own AUTH payload, for the first answer of IKE_AUTH: by pre-shared key at once, by signature on a worker (RFC 7296 §2.15).</summary>
internal static class OwnProofMaker
{
    internal static Step Start(IkeSaState state, DatagramPath path, LoginProgress login, in StepContext context)
    {
        // RFC 7296 §2.16: before EAP we prove ourselves by certificate. A pre-shared key shows only in answer to one, or anybody
        // could have a sample to guess at.
        if (login.Connection.Local.Auth.Class == AuthClass.Psk && login.Proved.IsEmpty)
        {
            const string Cause = "our pre-shared key is not used before the peer has proved itself, and EAP begins with our proof";
            return IkeAuth.Refuse(state, path, Refusal.Of(login, LoginFailure.NoPolicy, Cause, "eap"), context);
        }

        Identity local = IkeAuth.LocalIdentity(login.Connection, path);
        byte[] signed = SignedOctets.OfResponder(state, Login.RestOf(local));
        return login.Connection.Local.Auth.Class == AuthClass.Psk
            ? ByPsk(state, path, login, context.Policy.Psks.Find(local, login.RemoteId), signed, context)
            : BySignature(state, path, login, signed, context);
    }

    /// <summary>Our signature is made.</summary>
    internal static Step Signed(IkeSaState state, PendingStage.Signing stage, WorkResult.Signed result, in StepContext context) =>
        IkeAuth.Advance(state, state.Pending!.Path, stage.Login, new OwnProof(stage.OwnMethod, result.AuthData, Introduces: true), context);

    private static Step ByPsk(
        IkeSaState state, DatagramPath path, LoginProgress login, SecretBytes? secret, byte[] signed, in StepContext context)
    {
        if (secret is null)
        {
            return IkeAuth.Refuse(
                state, path, Refusal.Of(login, LoginFailure.WrongPsk, "no secret of our own for this peer"), context);
        }

        byte[] data = PskProof.Make(state.Proposal.Prf, secret.Reveal(), signed);
        return IkeAuth.Advance(state, path, login, new OwnProof(AuthMethod.SharedKey, data, Introduces: true), context);
    }

    private static Step BySignature(
        IkeSaState state, DatagramPath path, LoginProgress login, byte[] signed, in StepContext context)
    {
        LocalAuthPolicy local = login.Connection.Local;
        if (AuthSignature.Choose(local.Key!, state.Handshake!.PeerHashes.AsSpan(), local.Auth, out string fault) is not { } choice)
        {
            return IkeAuth.Refuse(state, path, Refusal.Of(login, LoginFailure.NoPolicy, fault), context);
        }

        (IkeSaState next, Ticket ticket) = IkeAuth.Wait(state, path, new PendingStage.Signing(login, choice.Method));
        return Steps.Go(next, context, new IkeEffect.StartWork(ticket, new SlowWork.Sign(local.Key!, choice, signed)));
    }
}
