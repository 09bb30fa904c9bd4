using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Authentication;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// IKE_AUTH as responder (RFC 7296 §1.2, 2.15). It runs in stages, because sums and leases answer later: the peer's
/// proof, our proof, addresses, and then everything at once (<see cref="Login"/>).
/// </summary>
internal static class IkeAuth
{
    /// <summary>The whole request is deciphered: choose the connection and check the peer's proof.</summary>
    internal static Step Answer(IkeSaState state, DatagramPath path, InnerMessage request, in StepContext context)
    {
        if (!PayloadIndex.TryRead(request.First, request.Chain, out PayloadIndex payloads, out ParseFault fault))
        {
            return Refuse(state, path, new(LoginFailure.Malformed, fault.ToString()), context, NotifyType.InvalidSyntax);
        }

        if (payloads.UnsupportedCritical != PayloadType.None)
        {
            string cause = $"critical payload of unknown type {(int)payloads.UnsupportedCritical}";
            return Refuse(
                state, path, new(LoginFailure.Malformed, cause), context, NotifyType.UnsupportedCriticalPayload, (byte)payloads.UnsupportedCritical);
        }

        if (!AuthRequest.TryRead(payloads, out AuthRequest auth, out string missing))
        {
            return Refuse(state, path, new(LoginFailure.Malformed, missing), context, NotifyType.InvalidSyntax);
        }

        return CheckPeer(state, path, request, auth, context);
    }

    /// <summary>The certificate proof was checked on a worker.</summary>
    internal static Step AfterProof(
        IkeSaState state, PendingStage.CheckingProof stage, WorkResult.ProofChecked result, in StepContext context)
    {
        if (result.Fault is { } fault)
        {
            Refusal why = new(result.Failure, fault, stage.Connection.Name, stage.PeerMethod, ReadIdi(stage.Request));
            return Refuse(state, state.Pending!.Path, why, context);
        }

        return ProveOurselves(state, state.Pending!.Path, stage.Request, stage.Connection, result.Signature, context);
    }

    /// <summary>Our signature is made.</summary>
    internal static Step AfterSigning(IkeSaState state, PendingStage.Signing stage, WorkResult.Signed result, in StepContext context) =>
        Lease(state, state.Pending!.Path, stage.Request, stage.Connection, stage.PeerMethod, new OwnProof(stage.OwnMethod, result.AuthData), context);

    /// <summary>Asks for addresses where the peer wants them and the connection has pools; else the login is complete.</summary>
    internal static Step Lease(
        IkeSaState state, DatagramPath path, InnerMessage request, ConnectionPolicy connection, string peerMethod, OwnProof proof,
        in StepContext context)
    {
        PayloadIndex.TryRead(request.First, request.Chain, out PayloadIndex payloads, out _);
        LeaseRequest? wanted = Configuration.ReadRequest(payloads, connection.Pools, ReadIdi(request)!);
        var stage = new PendingStage.Leasing(request, connection, peerMethod, proof);
        if (wanted is null || connection.Pools.IsEmpty)
        {
            return Login.Complete(state, path, stage, [], context);
        }

        (IkeSaState next, Ticket ticket) = Wait(state, path, stage);
        return Steps.Go(next, context, new IkeEffect.LeaseAddresses(ticket, wanted));
    }

    /// <summary>The identity of the request, which was read before.</summary>
    internal static Identity? ReadIdi(InnerMessage request) =>
        PayloadIndex.TryRead(request.First, request.Chain, out PayloadIndex payloads, out _)
        && payloads.TryFind(PayloadType.IdInitiator, out PayloadView body) && IdPayload.TryRead(body.Body, out IdPayload idi, out _)
            ? idi.ToIdentity()
            : null;

    private static Step CheckPeer(IkeSaState state, DatagramPath path, InnerMessage request, scoped in AuthRequest auth, in StepContext context)
    {
        Identity remote = auth.Idi.ToIdentity();
        AuthClass kind = !auth.HasAuth ? AuthClass.Eap : auth.Auth.Method == AuthMethod.SharedKey ? AuthClass.Psk : AuthClass.PublicKey;
        string method = MethodName(kind, auth);
        ConnectionPolicy? connection = PolicyMatch.ByIdentities(state.Handshake!.Candidates, auth.WantedIdr, remote, kind);
        if (connection is null)
        {
            bool known = state.Handshake.Candidates.Any(one => one.Remote.Id.Match(remote) > 0);
            string cause = known
                ? $"no connection for this identity takes {method}"
                : "no connection names this identity";
            return Refuse(state, path, new(known ? LoginFailure.NoPolicy : LoginFailure.UnknownIdentity, cause, null, method, remote), context);
        }

        byte[] signed = SignedOctets.OfInitiator(state, auth.Idi.Body);
        return kind == AuthClass.Psk
            ? CheckPsk(state, path, request, connection, auth, remote, signed, context)
            : StartProofCheck(state, path, request, connection, auth, remote, signed, context);
    }

    private static Step CheckPsk(
        IkeSaState state, DatagramPath path, InnerMessage request, ConnectionPolicy connection, scoped in AuthRequest auth,
        Identity remote, byte[] signed, in StepContext context)
    {
        Identity local = LocalIdentity(connection, path);
        SecretBytes? secret = context.Policy.Psks.Find(local, remote);
        if (secret is null || !PskProof.Holds(state.Proposal.Prf, secret.Reveal(), signed, auth.Auth.Data))
        {
            string cause = secret is null ? "no secret for this identity" : "the pre-shared keys differ";
            return Refuse(state, path, new(LoginFailure.WrongPsk, cause, connection.Name, "psk", remote), context);
        }

        return ProveOurselves(state, path, request, connection, "psk", context);
    }

    private static Step StartProofCheck(
        IkeSaState state, DatagramPath path, InnerMessage request, ConnectionPolicy connection, scoped in AuthRequest auth,
        Identity remote, byte[] signed, in StepContext context)
    {
        ImmutableArray<byte[]> certificates = auth.Certificates();
        string method = MethodName(AuthClass.PublicKey, auth);
        if (certificates.IsEmpty)
        {
            Refusal why = new(LoginFailure.BadCertificate, "the peer sent no certificate", connection.Name, method, remote);
            return Refuse(state, path, why, context);
        }

        (IkeSaState next, Ticket ticket) = Wait(state, path, new PendingStage.CheckingProof(request, connection, method));
        var work = new SlowWork.CheckCertificateProof(
            certificates, connection.Remote.Anchors ?? context.Policy.Anchors, remote, auth.Auth.Method, auth.Auth.Data.ToArray(),
            signed, connection.Remote.Auth, context.Now);
        return Steps.Go(next, context, new IkeEffect.StartWork(ticket, work));
    }

    private static Step ProveOurselves(
        IkeSaState state, DatagramPath path, InnerMessage request, ConnectionPolicy connection, string peerMethod, in StepContext context)
    {
        Identity local = LocalIdentity(connection, path);
        byte[] signed = SignedOctets.OfResponder(state, Login.RestOf(local));
        if (connection.Local.Auth.Class == AuthClass.Psk)
        {
            SecretBytes? secret = context.Policy.Psks.Find(local, ReadIdi(request)!);
            return secret is null
                ? Refuse(state, path, new(LoginFailure.WrongPsk, "no secret of our own for this peer", connection.Name, peerMethod, ReadIdi(request)), context)
                : Lease(
                    state, path, request, connection, peerMethod,
                    new OwnProof(AuthMethod.SharedKey, PskProof.Make(state.Proposal.Prf, secret.Reveal(), signed)), context);
        }

        PrivateKey key = connection.Local.Key!;
        if (AuthSignature.Choose(key, state.Handshake!.PeerHashes.AsSpan(), connection.Local.Auth, out string fault) is not { } choice)
        {
            return Refuse(state, path, new(LoginFailure.NoPolicy, fault, connection.Name, peerMethod, ReadIdi(request)), context);
        }

        (IkeSaState next, Ticket ticket) = Wait(state, path, new PendingStage.Signing(request, connection, peerMethod, choice.Method));
        return Steps.Go(next, context, new IkeEffect.StartWork(ticket, new SlowWork.Sign(key, choice, signed)));
    }

    /// <summary>Our identity: as configured, else the certificate's subject, else the address the peer dialled, as swanctl does.</summary>
    internal static Identity LocalIdentity(ConnectionPolicy connection, DatagramPath path) =>
        connection.Local.Id ?? OfCertificate(connection.Local) ?? Identity.From(path.Local.Address);

    private static Identity? OfCertificate(LocalAuthPolicy own) =>
        own.Auth.Class == AuthClass.PublicKey && !own.Certs.IsEmpty
            ? new Identity(IdType.DerAsn1Dn, [.. own.Certs[0].SubjectName.RawData])
            : null;

    private static (IkeSaState Next, Ticket Ticket) Wait(IkeSaState state, DatagramPath path, PendingStage stage)
    {
        Ticket ticket = state.LastTicket.Next;
        return (state with { LastTicket = ticket, Pending = new PendingRequest(ticket, path, stage) }, ticket);
    }

    private static string MethodName(AuthClass kind, scoped in AuthRequest auth) => kind switch
    {
        AuthClass.Psk => "psk",
        AuthClass.Eap => "eap",
        _ => auth.Auth.Method switch
        {
            AuthMethod.RsaSignature => "rsa",
            AuthMethod.EcdsaP256 or AuthMethod.EcdsaP384 or AuthMethod.EcdsaP521 => "ecdsa",
            _ => "pubkey",
        },
    };

    /// <summary>
    /// The peer is told no more than AUTHENTICATION_FAILED (RFC 7296 §2.21.2); the operator is told why. The half-open SA
    /// is gone.
    /// </summary>
    internal static Step Refuse(
        IkeSaState state, DatagramPath path, Refusal why, in StepContext context,
        NotifyType notify = NotifyType.AuthenticationFailed, params ReadOnlySpan<byte> data)
    {
        (_, IkeEffect send) = Reply.Notify(state, path, ExchangeType.IkeAuth, notify, data, context);
        var failed = new SaEvent.LoginFailed(state.LocalSpi, path, why.Identity, why.Connection, why.Method, why.Failure, why.Cause);
        return Steps.End(state, send, Steps.Tell(failed), Steps.Done(ExchangeType.IkeAuth, "failed"));
    }
}

/// <summary>Why a login was refused, for log, audit and metrics.</summary>
internal readonly record struct Refusal(
    LoginFailure Failure, string Cause, string? Connection = null, string Method = "unknown", Identity? Identity = null);
