using IkeCluster.Engine.Authentication.Eap;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// IKE_AUTH as responder (RFC 7296 §1.2, 2.15). It runs in stages, because sums and leases answer later: the peer's proof
/// (<see cref="PeerProof"/>), ours (<see cref="OwnProofMaker"/>), further rounds, addresses, and then everything at once
/// (<see cref="Login"/>).
/// </summary>
internal static class IkeAuth
{
    /// <summary>The whole request is deciphered: the first one chooses the connection, a later one goes on with its login.</summary>
    internal static Step Answer(IkeSaState state, DatagramPath path, InnerMessage request, in StepContext context)
    {
        LoginProgress? login = state.Handshake!.Login;
        if (!PayloadIndex.TryRead(request.First, request.Chain, out PayloadIndex payloads, out ParseFault fault))
        {
            return Refuse(state, path, Refusal.Of(login, LoginFailure.Malformed, fault.ToString()), context, NotifyType.InvalidSyntax);
        }

        if (payloads.UnsupportedCritical != PayloadType.None)
        {
            string cause = $"critical payload of unknown type {(int)payloads.UnsupportedCritical}";
            return Refuse(
                state, path, Refusal.Of(login, LoginFailure.Malformed, cause), context, NotifyType.UnsupportedCriticalPayload,
                (byte)payloads.UnsupportedCritical);
        }

        if (login is { Eap: not null })
        {
            return EapRound.Answer(state, path, login, payloads, context);
        }

        if (!AuthRequest.TryRead(payloads, out AuthRequest auth, out string missing))
        {
            return Refuse(state, path, Refusal.Of(login, LoginFailure.Malformed, missing), context, NotifyType.InvalidSyntax);
        }

        return login is null
            ? BeginLogin(state, path, auth, context)
            : BeginRound(state, path, login, auth, context);
    }

    /// <summary>
    /// One round is proved: our own proof comes once, and again with the key of each EAP (<paramref name="proof"/>), then the
    /// next round or the end (RFC 4739 §2).
    /// </summary>
    internal static Step RoundProved(
        IkeSaState state, DatagramPath path, LoginProgress login, string method, bool anotherFollows, in StepContext context,
        OwnProof? proof = null)
    {
        LoginProgress proved = login.AfterRound(method);
        bool weWantMore = proved.Proved.Length < proved.Connection.Rounds.Length;
        if (weWantMore != anotherFollows)
        {
            string cause = weWantMore
                ? $"the peer ends after round {proved.Proved.Length} and the connection has {proved.Connection.Rounds.Length}"
                : "the peer announces another round and the connection has none";
            return Refuse(state, path, Refusal.Of(proved, LoginFailure.NoPolicy, cause), context);
        }

        return proof is null && proved.Proved.Length == 1
            ? OwnProofMaker.Start(state, path, proved, context)
            : Advance(state, path, proved, proof, context);
    }

    /// <summary>
    /// Our proof is ready, or went out before: EAP begins, or the answer to a round that is done goes out and the next is
    /// awaited, or the login ends.
    /// </summary>
    internal static Step Advance(IkeSaState state, DatagramPath path, LoginProgress login, OwnProof? proof, in StepContext context)
    {
        if (login.Proved.IsEmpty)
        {
            return EapRound.Begin(state, path, login, proof, context);
        }

        if (login.Proved.Length == login.Connection.Rounds.Length)
        {
            return Login.Lease(state, path, login, proof, context);
        }

        byte[] buffer = new byte[Login.ProofOctetsMax(login.Connection)];
        var writer = new PayloadWriter(buffer);
        Login.WriteProof(ref writer, path, login, proof);
        IkeSaState waiting = state with { Handshake = state.Handshake! with { Login = login } };
        (IkeSaState next, IkeEffect send) = Reply.To(waiting, path, ExchangeType.IkeAuth, writer, buffer, context);
        return Steps.Go(next, context, send, Steps.Done(ExchangeType.IkeAuth, "ok"));
    }

    /// <summary>Who we are to this peer.</summary>
    internal static Identity LocalIdentity(ConnectionPolicy connection, DatagramPath path) =>
        connection.Local.IdentityAt(path.Local.Address);

    internal static (IkeSaState Next, Ticket Ticket) Wait(IkeSaState state, DatagramPath path, PendingStage stage)
    {
        Ticket ticket = state.LastTicket.Next;
        return (state with { LastTicket = ticket, Pending = new PendingRequest(ticket, path, stage) }, ticket);
    }

    /// <summary>
    /// The peer is told no more than AUTHENTICATION_FAILED (RFC 7296 §2.21.2); the operator is told why. The half-open SA
    /// is gone.
    /// </summary>
    internal static Step Refuse(
        IkeSaState state, DatagramPath path, Refusal why, in StepContext context,
        NotifyType notify = NotifyType.AuthenticationFailed, params ReadOnlySpan<byte> data)
    {
        (_, IkeEffect send) = Reply.Notify(state, path, ExchangeType.IkeAuth, notify, data, context);
        return Refuse(state, path, why, send);
    }

    /// <summary>The same, with an answer of the caller's own.</summary>
    internal static Step Refuse(IkeSaState state, DatagramPath path, Refusal why, IkeEffect send)
    {
        return Steps.End(state, send, Steps.Tell(why.ToEvent(state, path)), Steps.Done(ExchangeType.IkeAuth, "failed"));
    }

    private static Step BeginLogin(
        IkeSaState state, DatagramPath path, scoped in AuthRequest auth, in StepContext context)
    {
        Identity remote = auth.Idi.ToIdentity();
        var asked = new AskedConnection(auth.WantedIdr, remote, auth.Class, auth.HasAuth ? auth.AnotherFollows : null);
        ConnectionPolicy? connection = PolicyMatch.ByIdentities(state.Handshake!.Candidates, asked);
        if (connection is null)
        {
            (LoginFailure failure, string cause) = PolicyMatch.Explain(state.Handshake.Candidates, asked);
            return Refuse(state, path, new(failure, cause, null, PeerProof.MethodName(auth), remote), context);
        }

        var login = new LoginProgress
        {
            First = FirstRequest.Keep(auth.Payloads),
            Connection = connection,
            RemoteId = remote,
            RestOfIdi = auth.Idi.Body.ToArray(),
        };

        // Whoever types a password holds an SA for minutes, so here its source's budget has no grace: the repeat may find room.
        return context.IsSourceFull && login.HasEap
            ? Steps.Drop(state, DropReason.SourceHalfOpen, context)
            : PeerProof.Check(state, path, login, auth, context);
    }

    // RFC 4739 §2.1: a further round begins with an IDi of its own.
    private static Step BeginRound(
        IkeSaState state, DatagramPath path, LoginProgress before, scoped in AuthRequest auth, in StepContext context)
    {
        LoginProgress login = before with { RemoteId = auth.Idi.ToIdentity(), RestOfIdi = auth.Idi.Body.ToArray() };
        if (login.Round.Auth.Class != auth.Class || login.Round.Id.Match(login.RemoteId) == Identity.NoMatch)
        {
            string cause = login.Round.Auth.Class != auth.Class
                ? $"round {login.Proved.Length + 1} asks for {login.Round.Auth.Text}"
                : $"round {login.Proved.Length + 1} names another identity";
            return Refuse(state, path, Refusal.Of(login, LoginFailure.NoPolicy, cause, PeerProof.MethodName(auth)), context);
        }

        return PeerProof.Check(state, path, login, auth, context);
    }
}

/// <summary>Why a login was refused, for log, audit and metrics.</summary>
internal readonly record struct Refusal(
    LoginFailure Failure, string Cause, string? Connection = null, string Method = "unknown", Identity? Identity = null, Identity? EapId = null)
{
    /// <summary>Of a login under way; <paramref name="method"/> names the round that failed, where the login does not show it.</summary>
    internal static Refusal Of(LoginProgress? login, LoginFailure failure, string cause, string? method = null) =>
        new(failure, cause, login?.Connection.Name, method ?? WordFor(login), login?.RemoteId, login?.EapId);

    internal SaEvent.LoginFailed ToEvent(IkeSaState state, DatagramPath path) =>
        new(state.LocalSpi, path, Identity, Connection, Method, Failure, Cause, EapId);

    private static string WordFor(LoginProgress? login) => login switch
    {
        { Eap: not null } => EapMethods.WordFor(login.Round.Auth),
        { Proved.Length: > 0 } => login.Proved[^1],
        _ => "unknown",
    };
}
