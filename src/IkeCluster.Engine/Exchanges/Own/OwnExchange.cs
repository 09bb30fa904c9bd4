using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>
/// Requests of ours, whatever they ask: one at a time, each written with its exact octets before it is first sent, sent
/// again octet for octet, and given up at the end of the schedule (RFC 7296 §2.1; DESIGN.md). What is due next is
/// <see cref="OwnDuties"/>; what an answer means is <see cref="OwnResponse"/>.
/// </summary>
internal static class OwnExchange
{
    /// <summary>A timer fired: send the pending request again, begin what is due, or give the SA up.</summary>
    internal static Step TimerFired(IkeSaState state, in StepContext context)
    {
        if (context.Now >= state.EndAt)
        {
            return End(state, state.Phase == SaPhase.Redirected ? EndCause.Redirected : EndCause.Rekeyed);
        }

        if (state.Own.IsFree)
        {
            return OwnDuties.Begin(state, context);
        }

        if (HardEnds.NextAt(state) <= context.Now)
        {
            return HardEnds.Pass(state, context);
        }

        if (state.Own.Pending is not { } own)
        {
            return Steps.Go(state, context);
        }

        if (own.Answer is not null || context.Now < own.RetransmitAt)
        {
            return Steps.Go(state, context);
        }

        return own.Tries < context.Policy.Times.RetransmitTries ? Retransmit(state, own, context) : GiveUp(state, own, context);
    }

    /// <summary>After an owner change the pending request goes out at once, octet for octet.</summary>
    internal static Step Retransmit(IkeSaState state, OwnRequest own, in StepContext context)
    {
        OwnRequest again = own with
        {
            Tries = own.Tries + 1,
            RetransmitAt = context.Now + context.Policy.Times.RetransmitAfter(own.Tries + 1),
        };
        return Steps.Go(state with { Own = state.Own with { Pending = again } }, context, new IkeEffect.Send(state.Path, own.Datagrams));
    }

    /// <summary>
    /// In catch-up a peer was heard from elsewhere. What it sent may be a replay, so nothing moves; but our request goes
    /// there too, and only the peer can answer it (DESIGN.md, Message IDs after a failover).
    /// </summary>
    internal static Step Probe(Step step, DatagramPath path, in StepContext context)
    {
        if (step.State!.Own.Pending is { } own)
        {
            return step with { Effects = step.Effects.Add(new IkeEffect.Send(path, own.Datagrams)) };
        }

        Step probe = SendLiveness(step.State, path, context);
        return probe with { Effects = [.. step.Effects, .. probe.Effects] };
    }

    /// <summary>The peer was silent for dpd_delay (RFC 7296 §2.4).</summary>
    internal static Step SendLiveness(IkeSaState state, DatagramPath path, in StepContext context) =>
        Send(state, OwnRequestKind.Liveness, new InnerMessage(PayloadType.None, []), default, path, context);

    /// <summary>An INFORMATIONAL. <paramref name="child"/> is the inbound SPI of the child it is about, if it is about one.</summary>
    internal static Step Send(
        IkeSaState state, OwnRequestKind kind, InnerMessage request, EspSpi child, DatagramPath path, in StepContext context) =>
        Send(state, kind, ExchangeType.Informational, request, child, null, path, context);

    /// <summary>A CREATE_CHILD_SA, with what is needed to finish it.</summary>
    internal static Step Send(IkeSaState state, OwnRequestKind kind, EspSpi child, OwnOffer offer, in StepContext context) =>
        Send(state, kind, ExchangeType.CreateChildSa, offer.Request, child, offer, state.Path, context);

    /// <summary>
    /// The key pair of a CREATE_CHILD_SA is made first, while the peer's requests go on being answered; its octets are
    /// written and sent when the pair is there.
    /// </summary>
    internal static Step Draft(
        IkeSaState state, OwnRequestKind kind, EspSpi child, string childName, KeyExchangeMethod group, in StepContext context)
    {
        var seed = new SecretBytes(KeyExchange.PrivateSeedOctets(group));
        context.Entropy.FillSecret(seed.Reveal());
        Ticket ticket = state.LastTicket.Next;
        IkeSaState next = state with
        {
            LastTicket = ticket,
            Own = state.Own with { Draft = new OwnDraft(ticket, kind, child, childName, group) },
        };
        return Steps.Go(next, context, new IkeEffect.StartWork(ticket, new SlowWork.MakeKeyPair(group, seed)));
    }

    internal static Step End(IkeSaState state, EndCause cause) =>
        Steps.End(state, [.. Informational.RemoveChildren(state), Steps.Tell(new SaEvent.Ended(state, cause))]);

    private static Step Send(
        IkeSaState state, OwnRequestKind kind, ExchangeType exchange, InnerMessage request, EspSpi child, OwnOffer? offer,
        DatagramPath path, in StepContext context)
    {
        // RFC 7296 §2.2: IDs never wrap.
        if (state.Own.NextId.IsLast)
        {
            return End(state, EndCause.MessageIdsExhausted);
        }

        ImmutableArray<byte[]> datagrams = Reply.Seal(
            state, state.Path, exchange, HeaderFlags.None, state.Own.NextId, request.First, request.Chain, context);
        var own = new OwnRequest(
            kind, state.Own.NextId, exchange, datagrams, child, 0, context.Now + context.Policy.Times.RetransmitAfter(0))
        {
            Offer = offer,
            SentAt = context.Now,
        };
        IkeSaState next = state with { Own = state.Own with { Pending = own, Draft = null } };
        return Steps.Commit(next, context, new IkeEffect.Send(path, datagrams));
    }

    // dpd_timeout is the shortest silence after which an SA may be declared dead (CONTRACT.md). What the peer itself asks
    // meanwhile breaks no silence: a peer that speaks and never answers has failed as well (RFC 7296 §2.1, 2.4).
    private static Step GiveUp(IkeSaState state, OwnRequest own, in StepContext context)
    {
        TimeSpan timeout = context.Policy.FindConnection(state.Facts!.Connection)?.DpdTimeout ?? TimeSpan.Zero;
        Instant silentSince = state.HeardAt < own.SentAt ? state.HeardAt : own.SentAt;
        if (own.Kind != OwnRequestKind.DeleteIke && context.Now < silentSince + timeout)
        {
            return Retransmit(state, own with { Tries = own.Tries - 1 }, context);
        }

        if (own.Rival is { Ike: not null } rival)
        {
            return OwnRekeyIke.Yield(state, rival, context);
        }

        return End(state, own.Kind == OwnRequestKind.DeleteIke || state.Phase == SaPhase.Rekeyed ? OwnDelete.CauseOf(state) : EndCause.NoAnswer);
    }
}
