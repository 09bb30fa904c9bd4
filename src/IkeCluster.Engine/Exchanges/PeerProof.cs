using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Authentication;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>The peer's AUTH payload in one round of IKE_AUTH: by pre-shared key at once, by certificate on a worker (RFC 7296 §2.15).</summary>
internal static class PeerProof
{
    // Who has a secret is not told by how long a refusal takes: a stranger's proof is held against this one, in vain.
    private static readonly SecretBytes NobodysSecret = SecretBytes.CopyOf("?"u8);

    internal static Step Check(
        IkeSaState state, DatagramPath path, LoginProgress login, scoped in AuthRequest auth, in StepContext context) =>
        auth.Class switch
        {
            AuthClass.Psk => CheckPsk(state, path, login, auth, context),
            AuthClass.PublicKey => StartCheck(state, path, login, auth, context),

            // RFC 7296 §2.16: our proof first, unless it went out in an earlier round.
            _ => login.Proved.IsEmpty
                ? OwnProofMaker.Start(state, path, login, context)
                : EapRound.Begin(state, path, login, null, context),
        };

    /// <summary>The certificate proof was checked on a worker.</summary>
    internal static Step Checked(
        IkeSaState state, PendingStage.CheckingProof stage, WorkResult.ProofChecked result, in StepContext context)
    {
        DatagramPath path = state.Pending!.Path;
        return result.Fault is { } fault
            ? IkeAuth.Refuse(state, path, Refusal.Of(stage.Login, result.Failure, fault, stage.Method), context)
            : IkeAuth.RoundProved(state, path, stage.Login, result.Signature, stage.AnotherFollows, context);
    }

    /// <summary>The word for ike_auth_total: the same whether the proof holds or not, as far as AUTH tells.</summary>
    internal static string MethodName(scoped in AuthRequest auth) => auth.Class switch
    {
        AuthClass.Psk => "psk",
        AuthClass.Eap => "eap",
        _ => AuthSignature.NameOf(auth.Auth.Method, auth.Auth.Data),
    };

    private static Step CheckPsk(
        IkeSaState state, DatagramPath path, LoginProgress login, scoped in AuthRequest auth, in StepContext context)
    {
        byte[] signed = SignedOctets.OfInitiator(state, login.RestOfIdi);
        SecretBytes? secret = context.Policy.Psks.Find(IkeAuth.LocalIdentity(login.Connection, path), login.RemoteId);
        bool holds = PskProof.Holds(state.Proposal.Prf, (secret ?? NobodysSecret).Reveal(), signed, auth.Auth.Data) & secret is not null;
        if (!holds)
        {
            string cause = secret is null ? "no secret for this identity" : "the pre-shared keys differ";
            return IkeAuth.Refuse(state, path, Refusal.Of(login, LoginFailure.WrongPsk, cause, "psk"), context);
        }

        return IkeAuth.RoundProved(state, path, login, "psk", auth.AnotherFollows, context);
    }

    private static Step StartCheck(
        IkeSaState state, DatagramPath path, LoginProgress login, scoped in AuthRequest auth, in StepContext context)
    {
        ImmutableArray<byte[]> certificates = auth.Certificates();
        string method = MethodName(auth);
        if (certificates.IsEmpty)
        {
            return IkeAuth.Refuse(
                state, path, Refusal.Of(login, LoginFailure.BadCertificate, "the peer sent no certificate", method), context);
        }

        (IkeSaState next, Ticket ticket) = IkeAuth.Wait(state, path, new PendingStage.CheckingProof(login, method, auth.AnotherFollows));
        var work = new SlowWork.CheckCertificateProof(
            certificates, login.Round.Anchors ?? context.Policy.Anchors, login.RemoteId, auth.Auth.Method, auth.Auth.Data.ToArray(),
            SignedOctets.OfInitiator(state, login.RestOfIdi), login.Round.Auth, context.Now);
        return Steps.Go(next, context, new IkeEffect.StartWork(ticket, work));
    }
}
