using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Exchanges.Own;
using IkeCluster.Engine.Mobility;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// The end of IKE_AUTH: both sides are proved, the addresses are there. The first Child SA, the answer and the row are
/// made in one step; where only the child fails, the IKE SA is kept without it (RFC 7296 §1.2, 2.21.2).
/// </summary>
internal static class Login
{
    /// <summary>All but our certificates, which come on top.</summary>
    private const int ReplyOctetsMax = 8 * 1024;

    /// <summary>Asks for addresses where the peer wants them and the connection has pools; else the login is complete.</summary>
    internal static Step Lease(IkeSaState state, DatagramPath path, LoginProgress login, OwnProof? proof, in StepContext context)
    {
        PayloadIndex.TryRead(login.First.First, login.First.Chain, out PayloadIndex payloads, out _);
        if (Redirect.Target(state.Handshake!.InitRequest, path, context) is { } elsewhere)
        {
            return SendElsewhere(state, path, login, proof, elsewhere, payloads, context);
        }

        LeaseRequest? wanted = Configuration.ReadRequest(payloads, login.Connection.Pools, login.User);
        var stage = new PendingStage.Leasing(login, proof);
        if (wanted is null || login.Connection.Pools.IsEmpty)
        {
            return Complete(state, path, stage, [], context);
        }

        LeaseRequest request = wanted with
        {
            Seat = new SessionSeat(SessionKey.Of(wanted.Identity, login.Connection.Name, IkeAuth.LocalIdentity(login.Connection, path)), path.Remote),
            DisplacesAll = RuleOf(login, payloads, context).DisplacesAll,
        };
        (IkeSaState next, Ticket ticket) = IkeAuth.Wait(state, path, stage);
        return Steps.Go(next, context, new IkeEffect.LeaseAddresses(ticket, request));
    }

    internal static Step Complete(
        IkeSaState state, DatagramPath path, PendingStage.Leasing stage, ImmutableArray<LeasedAddress> addresses, in StepContext context)
    {
        LoginProgress login = stage.Login;
        PayloadIndex.TryRead(login.First.First, login.First.Chain, out PayloadIndex payloads, out _);
        IkeSaState established = Establish(state, path, login, payloads, addresses, context);
        ChildPlan? plan = FirstChild.Plan(payloads, path, login.Connection, addresses, login.User, context.Policy);
        ChildSa? child = plan is null or { IsRefused: true }
            ? null
            : ChildMaker.Make(plan, established, [], state.Handshake!.NonceInitiator, state.Handshake.NonceResponder, context);

        byte[] buffer = new byte[ProofOctetsMax(login.Connection)];
        var writer = new PayloadWriter(buffer);
        WriteProof(ref writer, path, login, stage.Proof);
        if (!addresses.IsEmpty)
        {
            Configuration.WriteReply(ref writer, payloads, addresses, context.Policy);
        }

        if (child is not null)
        {
            ChildMaker.Write(ref writer, child, plan!.HasMore);
        }
        else if (plan is not null)
        {
            writer.Notify(plan.Refusal, plan.RefusalData);
        }

        if (established.Facts!.LoginEndsAt != Instant.Never)
        {
            WriteLifetime(ref writer, established.Facts.LoginEndsAt - login.Connection.OverTime - context.Now);
        }

        if (established.Facts!.Features.HasFlag(PeerFeatures.Mobike))
        {
            writer.Notify(NotifyType.MobikeSupported);
        }

        (IkeSaState next, IkeEffect send) = Reply.To(
            established with { Children = child is null ? [] : [child] }, path, ExchangeType.IkeAuth, writer, buffer, context);
        Step step = Steps.Commit(next, context, Effects(next, send, child, plan));
        return step with { Writes = [step.Writes[0] with { Session = RuleOf(login, payloads, context) }] };
    }

    /// <summary>The sessions of its identity leave no room. <paramref name="refused"/> is what would have been committed.</summary>
    internal static Step Refuse(IkeSaState state, SessionRefusal refusal, IkeSaState refused, in StepContext context)
    {
        SaFacts facts = refused.Facts!;
        (LoginFailure failure, string cause) = refusal == SessionRefusal.AlreadyConnected
            ? (LoginFailure.AlreadyConnected, "connected already, and the connection says unique: keep")
            : (LoginFailure.TooManySessions, "limits.sessions_per_identity is reached");
        return IkeAuth.Refuse(
            state, refused.Path, new Refusal(failure, cause, facts.Connection, facts.AuthMethod, facts.RemoteId, facts.EapId), context);
    }

    // RFC 7296 §2.4: INITIAL_CONTACT belongs in the first request of IKE_AUTH, and counts once the peer is proved.
    private static SessionRule RuleOf(LoginProgress login, in PayloadIndex first, in StepContext context) => new(
        login.Connection.Unique, first.HasNotify(NotifyType.InitialContact), context.Policy.Limits.SessionsPerIdentity);

    /// <summary>
    /// RFC 5685 §6: the answer proves who we are and names the other gateway; no address, no Child SA. The peer deletes the
    /// IKE SA, or time does.
    /// </summary>
    private static Step SendElsewhere(
        IkeSaState state, DatagramPath path, LoginProgress login, OwnProof? proof, GatewayIdentity target, in PayloadIndex payloads,
        in StepContext context)
    {
        byte[] buffer = new byte[ProofOctetsMax(login.Connection)];
        var writer = new PayloadWriter(buffer);
        WriteProof(ref writer, path, login, proof);
        Redirect.Write(ref writer, target);
        IkeSaState redirected = Establish(state, path, login, payloads, [], context) with
        {
            Phase = SaPhase.Redirected,
            EndAt = context.Now + context.Policy.Times.HalfOpenTimeout,
        };
        (IkeSaState next, IkeEffect send) = Reply.To(redirected, path, ExchangeType.IkeAuth, writer, buffer, context);
        return Steps.Commit(
            next, context, send, Steps.Tell(new SaEvent.Redirected(next, $"{target}")), Steps.Done(ExchangeType.IkeAuth, NotifyType.Redirect));
    }

    /// <summary>Room for any answer of IKE_AUTH on this connection.</summary>
    internal static int ProofOctetsMax(ConnectionPolicy connection) =>
        ReplyOctetsMax + connection.Local.Certs.Sum(cert => cert.RawDataMemory.Length);

    /// <summary>IDr, CERT and AUTH, as far as they belong in this answer.</summary>
    internal static void WriteProof(ref PayloadWriter writer, DatagramPath path, LoginProgress login, OwnProof? proof)
    {
        if (proof is null)
        {
            return;
        }

        if (proof.Introduces)
        {
            writer.Id(PayloadType.IdResponder, IkeAuth.LocalIdentity(login.Connection, path));
            WriteCertificates(ref writer, login);
        }

        writer.Auth(proof.Method, proof.Data);
    }

    /// <summary>The octets of an identity payload after its generic header: type, three zero octets, data (RFC 7296 §3.5).</summary>
    internal static byte[] RestOf(Identity identity) => [(byte)identity.Type, 0, 0, 0, .. identity.Data];

    private static IkeSaState Establish(
        IkeSaState state, DatagramPath path, LoginProgress login, in PayloadIndex payloads, ImmutableArray<LeasedAddress> addresses,
        in StepContext context)
    {
        ConnectionPolicy connection = login.Connection;
        PeerFeatures mobike = Mobike.Negotiate(payloads, connection);
        var lifetimes = Lifetimes.Of(connection, context);
        return state with
        {
            Phase = SaPhase.Established,
            Path = path,
            Handshake = null,
            Pending = null,
            HeardAt = context.Now,
            Own = OwnChild.AfterLogin(connection, context.Now),
            PeerAddresses = mobike == PeerFeatures.None ? [] : Mobike.ReadAddresses(payloads, []),
            Facts = new SaFacts
            {
                Connection = connection.Name,
                LocalId = IkeAuth.LocalIdentity(connection, path),
                RemoteId = login.RemoteId,
                EapId = login.EapId,
                Proposal = state.Proposal,
                IsInitiator = false,
                EstablishedAt = context.Now,
                RekeyAt = lifetimes.RekeyAt,
                ExpireAt = lifetimes.ExpireAt,
                LoginEndsAt = Lifetimes.OfLogin(connection, context) is { } holds ? context.Now + holds + connection.OverTime : Instant.Never,
                VirtualIps = addresses,
                LoginAddress = path.Remote.Address,
                AuthMethod = login.Method,
                Features = state.Handshake!.Features | mobike,
            },
        };
    }

    // RFC 4478 §3: seconds, in four octets.
    private static void WriteLifetime(ref PayloadWriter writer, TimeSpan login)
    {
        Span<byte> seconds = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(seconds, (uint)Math.Clamp(login.TotalSeconds, 1, uint.MaxValue));
        writer.Notify(NotifyType.AuthLifetime, seconds);
    }

    private static void WriteCertificates(ref PayloadWriter writer, LoginProgress login)
    {
        LocalAuthPolicy own = login.Connection.Local;
        bool isWanted = own.Auth.Class == AuthClass.PublicKey && login.Connection.SendCert switch
        {
            SendCertificate.Always => true,
            SendCertificate.Never => false,
            _ => PayloadIndex.TryRead(login.First.First, login.First.Chain, out PayloadIndex payloads, out _)
                && payloads.CountOf(PayloadType.CertReq) > 0,
        };
        foreach (X509Certificate2 cert in isWanted ? own.Certs : [])
        {
            writer.Cert(CertEncoding.X509Signature, cert.RawDataMemory.Span);
        }
    }

    private static IkeEffect[] Effects(IkeSaState next, IkeEffect send, ChildSa? child, ChildPlan? plan)
    {
        List<IkeEffect> effects = [];
        if (child is not null)
        {
            effects.Add(new IkeEffect.InstallChild(child, next.Path));
        }

        effects.Add(send);
        effects.Add(Steps.Tell(new SaEvent.Established(next, next.Facts!.AuthMethod)));
        if (child is not null)
        {
            effects.Add(Steps.Tell(new SaEvent.ChildInstalled(next, child, null)));
        }
        else if (plan is not null)
        {
            effects.Add(Steps.Tell(new SaEvent.ChildRefused(next, $"{plan.Refusal}", plan.Detail)));
        }

        if (Discouraged.Among(next.Proposal, child?.Proposal) is { } weak)
        {
            effects.Add(Steps.Tell(new SaEvent.WeakAlgorithm(next.LocalSpi, next.Facts.Connection, weak)));
        }

        effects.Add(Steps.Done(ExchangeType.IkeAuth, "ok"));
        return [.. effects];
    }
}
