using System.Collections.Immutable;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Mobility;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
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

    internal static Step Complete(
        IkeSaState state, DatagramPath path, PendingStage.Leasing stage, ImmutableArray<LeasedAddress> addresses, in StepContext context)
    {
        PayloadIndex.TryRead(stage.Request.First, stage.Request.Chain, out PayloadIndex payloads, out _);
        IkeSaState established = Establish(state, path, stage, payloads, addresses, context);
        ChildPlan plan = PlanChild(payloads, path, stage.Connection, addresses, established);
        ChildSa? child = plan.IsRefused
            ? null
            : ChildMaker.Make(plan, established, [], state.Handshake!.NonceInitiator, state.Handshake.NonceResponder, context);

        byte[] buffer = new byte[ReplyOctetsMax + stage.Connection.Local.Certs.Sum(cert => cert.RawDataMemory.Length)];
        var writer = new PayloadWriter(buffer);
        WriteProof(ref writer, payloads, stage, IkeAuth.LocalIdentity(stage.Connection, path));
        if (!addresses.IsEmpty)
        {
            Configuration.WriteReply(ref writer, addresses, context.Policy);
        }

        if (child is not null)
        {
            ChildMaker.Write(ref writer, child);
        }
        else
        {
            writer.Notify(plan.Refusal, plan.RefusalData);
        }

        if (established.Facts!.Features.HasFlag(PeerFeatures.Mobike))
        {
            writer.Notify(NotifyType.MobikeSupported);
        }

        (IkeSaState next, IkeEffect send) = Reply.To(
            established with { Children = child is null ? [] : [child] }, path, ExchangeType.IkeAuth, writer, buffer, context);
        return Steps.Commit(next, context, Effects(next, send, path, child, plan));
    }

    /// <summary>The octets of an identity payload after its generic header: type, three zero octets, data (RFC 7296 §3.5).</summary>
    internal static byte[] RestOf(Identity identity) => [(byte)identity.Type, 0, 0, 0, .. identity.Data];

    private static IkeSaState Establish(
        IkeSaState state, DatagramPath path, PendingStage.Leasing stage, in PayloadIndex payloads, ImmutableArray<LeasedAddress> addresses,
        in StepContext context)
    {
        ConnectionPolicy connection = stage.Connection;
        PeerFeatures mobike = Mobike.Negotiate(payloads, connection);
        return state with
        {
            Phase = SaPhase.Established,
            Path = path,
            Handshake = null,
            Pending = null,
            HeardAt = context.Now,
            Own = OwnRequests.None,
            PeerAddresses = mobike == PeerFeatures.None ? [] : Mobike.ReadAddresses(payloads, []),
            Facts = new SaFacts
            {
                Connection = connection.Name,
                LocalId = IkeAuth.LocalIdentity(connection, path),
                RemoteId = IkeAuth.ReadIdi(stage.Request)!,
                Proposal = state.Proposal,
                IsInitiator = false,
                EstablishedAt = context.Now,
                RekeyAt = connection.RekeyTime > TimeSpan.Zero ? context.Now + connection.RekeyTime : Instant.Never,
                VirtualIps = addresses,
                AuthMethod = stage.PeerMethod,
                Features = state.Handshake!.Features | mobike,
            },
        };
    }

    private static ChildPlan PlanChild(
        in PayloadIndex payloads, DatagramPath path, ConnectionPolicy connection, ImmutableArray<LeasedAddress> addresses, IkeSaState state)
    {
        bool asksAddress = Configuration.ReadRequest(payloads, connection.Pools, state.Facts!.RemoteId) is not null;

        // RFC 7296 §2.19, 3.15.4: no address although asked, and a connection whose peers must ask.
        if (addresses.IsEmpty && asksAddress)
        {
            return ChildPlan.Refused(NotifyType.InternalAddressFailure);
        }

        return !connection.Pools.IsEmpty && !asksAddress
            ? ChildPlan.Refused(NotifyType.FailedCpRequired)
            : ChildMaker.Plan(payloads, connection, ChildAddresses.Of(path, addresses), only: null, isFirst: true);
    }

    private static void WriteProof(ref PayloadWriter writer, in PayloadIndex payloads, PendingStage.Leasing stage, Identity local)
    {
        writer.Id(PayloadType.IdResponder, local);
        LocalAuthPolicy own = stage.Connection.Local;
        bool sendsCert = own.Auth.Class == AuthClass.PublicKey && stage.Connection.SendCert switch
        {
            SendCertificate.Always => true,
            SendCertificate.Never => false,
            _ => payloads.CountOf(PayloadType.CertReq) > 0,
        };
        if (sendsCert)
        {
            foreach (System.Security.Cryptography.X509Certificates.X509Certificate2 cert in own.Certs)
            {
                writer.Cert(CertEncoding.X509Signature, cert.RawDataMemory.Span);
            }
        }

        writer.Auth(stage.Proof.Method, stage.Proof.Data);
    }

    private static IkeEffect[] Effects(IkeSaState next, IkeEffect send, DatagramPath path, ChildSa? child, ChildPlan plan)
    {
        List<IkeEffect> effects = [];
        if (child is not null)
        {
            effects.Add(new IkeEffect.InstallChild(child, path));
        }

        effects.Add(send);
        effects.Add(Steps.Tell(new SaEvent.Established(next, next.Facts!.AuthMethod)));
        effects.Add(child is not null
            ? Steps.Tell(new SaEvent.ChildInstalled(next, child, null))
            : Steps.Tell(new SaEvent.ChildRefused(next, $"{plan.Refusal}")));
        if (Discouraged.Among(next.Proposal, child?.Proposal) is { } weak)
        {
            effects.Add(Steps.Tell(new SaEvent.WeakAlgorithm(next.LocalSpi, next.Facts.Connection, weak)));
        }

        effects.Add(Steps.Done(ExchangeType.IkeAuth, "ok"));
        return [.. effects];
    }
}
