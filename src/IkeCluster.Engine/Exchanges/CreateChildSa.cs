using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// CREATE_CHILD_SA as responder (RFC 7296 §1.3): another Child SA, or a Child SA that replaces one, with and without a
/// key exchange of its own. A rekey of the IKE SA is <see cref="RekeyIkeSa"/>.
/// </summary>
internal static class CreateChildSa
{
    private const int NonceOctets = 32;
    private const int EspSpiOctets = 4;
    private const int ReplyOctetsMax = 8 * 1024;

    internal static Step Answer(IkeSaState state, DatagramPath path, InnerMessage request, in StepContext context)
    {
        if (!PayloadIndex.TryRead(request.First, request.Chain, out PayloadIndex payloads, out _))
        {
            return Fatal(state, path, context);
        }

        // RFC 7296 §2.5: the whole request is refused, before anything of it counts.
        if (payloads.UnsupportedCritical != PayloadType.None)
        {
            return Refuse(state, path, NotifyType.UnsupportedCriticalPayload, [(byte)payloads.UnsupportedCritical], context);
        }

        if (!payloads.TryFind(PayloadType.Sa, out PayloadView saBody) || !SaPayload.TryRead(saBody.Body, out SaPayload sa, out _)
            || !payloads.TryFind(PayloadType.Nonce, out PayloadView nonce) || !NoncePayload.TryRead(nonce.Body, out _, out _))
        {
            return Fatal(state, path, context);
        }

        // RFC 7296 §2.25: an IKE SA that is being deleted, or was rekeyed, makes nothing more.
        if (state.Phase != SaPhase.Established)
        {
            return Refuse(state, path, NotifyType.TemporaryFailure, [], context);
        }

        int perMinute = context.Policy.Limits.RekeysPerMinute;
        if (!state.Creates.HasRoom(perMinute, IkeLimits.RekeyPeriod, context.Now))
        {
            return RefuseForNow(state, path, context);
        }

        state = state with { Creates = state.Creates.Take(perMinute, IkeLimits.RekeyPeriod, context.Now) };
        if (IsForIke(sa))
        {
            return RekeyIkeSa.Answer(state, path, request, context);
        }

        // RFC 7296 §2.25.2: while we rekey the IKE SA its children stay as they are.
        return state.Own.Pending?.Kind == OwnRequestKind.RekeyIke
            ? Refuse(state, path, NotifyType.TemporaryFailure, [], context)
            : AnswerChild(state, path, request, payloads, context);
    }

    /// <summary>The key exchange of the new child is done; its plan is made again from the same request and policy.</summary>
    internal static Step AfterKeyExchange(
        IkeSaState state, PendingStage.MakingChild stage, WorkResult.KeyPairAndSecret result, in StepContext context)
    {
        using KeyExchange pair = result.Pair;
        using SecretBytes? secret = result.SharedSecret;
        DatagramPath path = state.Pending!.Path;
        PayloadIndex.TryRead(stage.Request.First, stage.Request.Chain, out PayloadIndex payloads, out _);
        if (secret is null)
        {
            // RFC 6989 §2.5: a value that fails the checks is answered as bad syntax.
            return Fatal(state, path, context);
        }

        // The SA may have been ended or rekeyed, or the policy changed, while the sum was under way.
        if (state.Phase != SaPhase.Established || state.Own.Pending?.Kind == OwnRequestKind.RekeyIke)
        {
            return Refuse(state, path, NotifyType.TemporaryFailure, [], context);
        }

        ChildPlan plan = PlanChild(state, payloads, context, out ChildSa? replaced);
        if (!plan.IsRefused && plan.Chosen!.KeyExchange != pair.Method)
        {
            return Refuse(state, path, NotifyType.TemporaryFailure, [], context);
        }

        return plan.IsRefused
            ? Refuse(state, path, plan, payloads, context)
            : Complete(state, path, payloads, plan, replaced, pair, secret, context);
    }

    /// <summary>
    /// A malformed message whose ICV held: RFC 7296 §2.21.3, INVALID_SYNTAX is fatal on both sides and no Delete follows.
    /// </summary>
    internal static Step Fatal(IkeSaState state, DatagramPath path, in StepContext context, ExchangeType exchange = ExchangeType.CreateChildSa)
    {
        (_, IkeEffect send) = Reply.Notify(state, path, exchange, NotifyType.InvalidSyntax, [], context);
        return Steps.End(state, [send, .. Informational.RemoveChildren(state), Steps.Tell(new SaEvent.Ended(state, EndCause.Failed))]);
    }

    internal static Step Refuse(
        IkeSaState state, DatagramPath path, NotifyType type, ReadOnlySpan<byte> data, in StepContext context, string detail = "")
    {
        (IkeSaState next, IkeEffect send) = Reply.Notify(state, path, ExchangeType.CreateChildSa, type, data, context);
        Step step = Steps.Commit(
            next, context, send, Steps.Tell(new SaEvent.ChildRefused(next, $"{type}", detail)), Steps.Done(ExchangeType.CreateChildSa, type));
        return type == NotifyType.NoAdditionalSas
            ? step with { Effects = step.Effects.Add(Steps.Tell(new SaEvent.LimitReached(next, "children_per_sa"))) }
            : step;
    }

    // RFC 7296 §2.25: the peer waits and tries again, by when there is room.
    private static Step RefuseForNow(IkeSaState state, DatagramPath path, in StepContext context)
    {
        (IkeSaState next, IkeEffect send) = Reply.Notify(state, path, ExchangeType.CreateChildSa, NotifyType.TemporaryFailure, [], context);
        return Steps.Commit(
            next, context, send, Steps.Tell(new SaEvent.LimitReached(next, "rekeys_per_minute")),
            Steps.Done(ExchangeType.CreateChildSa, NotifyType.TemporaryFailure));
    }

    internal static byte[] ReadNonce(in PayloadIndex payloads)
    {
        payloads.TryFind(PayloadType.Nonce, out PayloadView nonce);
        return nonce.Body.ToArray();
    }

    internal static byte[] MakeNonce(in StepContext context)
    {
        byte[] nonce = new byte[NonceOctets];
        context.Entropy.FillPublic(nonce);
        return nonce;
    }

    /// <summary>The effect that makes our pair and the secret from the request's KE payload, and the state that waits.</summary>
    internal static Step StartKeyExchange(
        IkeSaState state, DatagramPath path, PendingStage stage, KeyExchangeMethod method, in PayloadIndex payloads, in StepContext context)
    {
        payloads.TryFind(PayloadType.Ke, out PayloadView body);
        KePayload.TryRead(body.Body, out KePayload ke, out _);
        var seed = new SecretBytes(KeyExchange.PrivateSeedOctets(method));
        context.Entropy.FillSecret(seed.Reveal());
        Ticket ticket = state.LastTicket.Next;
        IkeSaState next = state with { LastTicket = ticket, Pending = new PendingRequest(ticket, path, stage) };
        return Steps.Go(next, context, new IkeEffect.StartWork(ticket, new SlowWork.MakeKeyPairAndDerive(method, seed, ke.Value.ToArray())));
    }

    private static bool IsForIke(in SaPayload sa)
    {
        foreach (ProposalView proposal in sa)
        {
            return proposal.Protocol == SecurityProtocol.Ike;
        }

        return false;
    }

    private static Step AnswerChild(
        IkeSaState state, DatagramPath path, InnerMessage request, in PayloadIndex payloads, in StepContext context)
    {
        ChildPlan plan = PlanChild(state, payloads, context, out ChildSa? replaced);
        if (plan.IsRefused)
        {
            return Refuse(state, path, plan, payloads, context);
        }

        KeyExchangeMethod method = plan.Chosen!.KeyExchange;
        return method != KeyExchangeMethod.None
            ? StartKeyExchange(state, path, new PendingStage.MakingChild(request), method, payloads, context)
            : Complete(state, path, payloads, plan, replaced, null, null, context);
    }

    private static ChildPlan PlanChild(IkeSaState state, in PayloadIndex payloads, in StepContext context, out ChildSa? replaced)
    {
        replaced = null;
        ConnectionPolicy? connection = context.Policy.FindConnection(state.Facts!.Connection);
        if (connection is null)
        {
            // The connection went with a reload; what is up stays up, and nothing is added to it.
            return ChildPlan.Refused(NotifyType.NoProposalChosen);
        }

        if (payloads.TryFindNotify(NotifyType.RekeySa, out NotifyPayload rekey))
        {
            replaced = FindBySpi(state, rekey);
            if (replaced is null)
            {
                return ChildPlan.Refused(NotifyType.ChildSaNotFound);
            }

            // RFC 7296 §2.25.1: the peer rekeys a child that we are deleting, or that it rekeyed already.
            if (replaced.IsRekeyed || replaced.IsToBeDeleted || state.Own.Pending is { Kind: OwnRequestKind.DeleteChild } deleting && deleting.Child == replaced.InboundSpi)
            {
                return ChildPlan.Refused(NotifyType.TemporaryFailure);
            }
        }

        // Rekeyed children count too: a peer that never deletes them must not grow the SA without end.
        int most = context.Policy.Limits.ChildrenMax;
        int live = state.Children.Count(child => !child.IsRekeyed);
        if ((replaced is null && live >= most) || state.Children.Length + state.Own.Dropped.Length >= 2 * most)
        {
            return ChildPlan.Refused(NotifyType.NoAdditionalSas);
        }

        // RFC 7296 §3.15.4: a peer that had to ask for an address and did not has none that a child could be for. What it has
        // from before a reload is renewed.
        if (replaced is null && !connection.Pools.IsEmpty && state.Facts.VirtualIps.IsEmpty)
        {
            return ChildPlan.Refused(NotifyType.FailedCpRequired);
        }

        var addresses = ChildAddresses.Of(state, connection, context.Policy);
        return ChildMaker.Plan(payloads, connection, addresses, replaced, isFirst: false);
    }

    private static Step Complete(
        IkeSaState state, DatagramPath path, in PayloadIndex payloads, ChildPlan plan, ChildSa? replaced, KeyExchange? pair,
        SecretBytes? secret, in StepContext context)
    {
        byte[] ourNonce = MakeNonce(context);
        byte[] theirNonce = ReadNonce(payloads);
        ChildSa child = ChildMaker.Make(plan, state, secret is null ? [] : secret.Reveal(), theirNonce, ourNonce, context);
        Span<byte> buffer = stackalloc byte[ReplyOctetsMax];
        var writer = new PayloadWriter(buffer);
        writer.Nonce(ourNonce);
        ChildMaker.Write(ref writer, child, plan.HasMore);
        if (pair is not null)
        {
            writer.Ke(pair.Method, pair.PublicValue);
        }

        ImmutableArray<ChildSa> children = replaced is null
            ? state.Children.Add(child)
            : state.Children.Replace(replaced, replaced with { IsRekeyed = true }).Add(child);
        (IkeSaState next, IkeEffect send) = Reply.To(
            KeepRival(state, replaced, child, Collision.Lower(theirNonce, ourNonce)) with { Children = children },
            path, ExchangeType.CreateChildSa, writer, buffer, context);

        // The answer goes where the request came from; ESP goes where the SA is, and only a move changes that.
        return Steps.Commit(
            next, context, new IkeEffect.InstallChild(child, next.Path), send,
            Steps.Tell(new SaEvent.ChildInstalled(next, child, replaced?.InboundSpi)), Steps.Done(ExchangeType.CreateChildSa, "ok"));
    }

    // RFC 7296 §2.8.1: we asked to rekey the same child. Both requests are answered; our own answer decides.
    private static IkeSaState KeepRival(IkeSaState state, ChildSa? replaced, ChildSa made, ReadOnlySpan<byte> lowestNonce) =>
        replaced is not null && state.Own.Pending is { Kind: OwnRequestKind.RekeyChild } own && own.Child == replaced.InboundSpi
            ? state with { Own = state.Own with { Pending = own with { Rival = new Rival(lowestNonce.ToArray(), made.InboundSpi, null) } } }
            : state;

    // RFC 7296 §1.3.3: REKEY_SA names the SPI that its sender expects inbound, which is our outbound one.
    private static ChildSa? FindBySpi(IkeSaState state, in NotifyPayload rekey)
    {
        if (rekey.Protocol != SecurityProtocol.Esp || rekey.Spi.Length != EspSpiOctets)
        {
            return null;
        }

        var spi = new EspSpi(BinaryPrimitives.ReadUInt32BigEndian(rekey.Spi));
        return state.Children.FirstOrDefault(child => child.OutboundSpi == spi);
    }

    private static Step Refuse(IkeSaState state, DatagramPath path, ChildPlan plan, in PayloadIndex payloads, in StepContext context)
    {
        if (plan.Refusal == NotifyType.InvalidSyntax)
        {
            return Fatal(state, path, context);
        }

        if (plan.Refusal != NotifyType.ChildSaNotFound || !payloads.TryFindNotify(NotifyType.RekeySa, out NotifyPayload rekey))
        {
            return Refuse(state, path, plan.Refusal, plan.RefusalData, context, plan.Detail);
        }

        // RFC 7296 §2.25.1: CHILD_SA_NOT_FOUND says which, where the peer named something that could be one.
        bool namesChild = rekey.Protocol == SecurityProtocol.Esp && rekey.Spi.Length == EspSpiOctets;
        Span<byte> buffer = stackalloc byte[64];
        var writer = new PayloadWriter(buffer);
        writer.Notify(
            NotifyType.ChildSaNotFound, [], namesChild ? rekey.Protocol : SecurityProtocol.None, namesChild ? rekey.Spi : []);
        (IkeSaState next, IkeEffect send) = Reply.To(state, path, ExchangeType.CreateChildSa, writer, buffer, context);
        return Steps.Commit(next, context, send, Steps.Done(ExchangeType.CreateChildSa, NotifyType.ChildSaNotFound));
    }
}
