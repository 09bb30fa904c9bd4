using System.Collections.Immutable;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Exchanges.Own;
using IkeCluster.Engine.Mobility;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges;

/// <summary>
/// INFORMATIONAL as responder (RFC 7296 §1.4): liveness, Delete of the IKE SA, Delete of Child SAs, a move by MOBIKE.
/// Liveness asks for nothing and so is answered without a write (DESIGN.md, Message IDs after a failover).
/// </summary>
internal static class Informational
{
    /// <summary>One refusal, COOKIE2 and two hashes of NAT detection.</summary>
    private const int ReplyOctetsMax = 192;

    /// <summary>A Delete with one SPI; several of them need less.</summary>
    private const int DeletedChildOctets = 12;

    internal static Step Answer(IkeSaState state, DatagramPath path, InnerMessage request, in StepContext context)
    {
        if (!PayloadIndex.TryRead(request.First, request.Chain, out PayloadIndex payloads, out _))
        {
            return CreateChildSa.Fatal(state, path, context, ExchangeType.Informational);
        }

        if (IsLiveness(payloads))
        {
            return AnswerLiveness(state, path, payloads, context);
        }

        if (payloads.UnsupportedCritical != PayloadType.None)
        {
            (IkeSaState refused, IkeEffect refusal) = Reply.Notify(
                state, path, ExchangeType.Informational, NotifyType.UnsupportedCriticalPayload, [(byte)payloads.UnsupportedCritical], context);
            return Steps.Commit(refused, context, refusal, Steps.Done(ExchangeType.Informational, NotifyType.UnsupportedCriticalPayload));
        }

        return AnswerRest(state, path, payloads, context);
    }

    /// <summary>The children of an SA, by default of one that ends, each to be removed from the data plane and told.</summary>
    internal static IEnumerable<IkeEffect> RemoveChildren(IkeSaState state, ChildEndCause cause = ChildEndCause.IkeSaEnded)
    {
        foreach (ChildSa child in state.Children)
        {
            yield return new IkeEffect.RemoveChild(child);
            yield return Steps.Tell(new SaEvent.ChildRemoved(state, child, cause));
        }
    }

    // An INFORMATIONAL that asks for nothing: empty, or with NAT detection (MOBIKE peers send it with their liveness).
    private static bool IsLiveness(in PayloadIndex payloads)
    {
        for (int i = 0; i < payloads.Count; i++)
        {
            bool isNatDetection = payloads[i].Type == PayloadType.Notify
                && NotifyPayload.TryRead(payloads[i].Body, out NotifyPayload notify, out _)
                && notify.Type is NotifyType.NatDetectionSourceIp or NotifyType.NatDetectionDestinationIp;
            if (!isNatDetection)
            {
                return false;
            }
        }

        return true;
    }

    // Nothing changes: what the peer is told of its path is what the datagram says.
    private static Step AnswerLiveness(IkeSaState state, DatagramPath path, in PayloadIndex payloads, in StepContext context)
    {
        Span<byte> buffer = stackalloc byte[ReplyOctetsMax];
        var writer = new PayloadWriter(buffer);
        Mobike.WriteAnswer(ref writer, state, path, payloads, NotifyType.None, context.Policy);
        (IkeSaState next, IkeEffect send) = Reply.To(state, path, ExchangeType.Informational, writer, buffer, context);
        return Steps.Go(next, context, send, Steps.Done(ExchangeType.Informational, "ok"));
    }

    /// <summary>Deletes, moves, or nothing that we know: whatever it is, it is answered once and written.</summary>
    private static Step AnswerRest(IkeSaState state, DatagramPath path, in PayloadIndex payloads, in StepContext context)
    {
        // RFC 7296 §2.21.2: our answer to IKE_AUTH did not convince the peer.
        if (payloads.HasNotify(NotifyType.AuthenticationFailed))
        {
            return AnswerIkeDelete(state, path, context);
        }

        List<ChildSa> gone = [];
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type != PayloadType.Delete)
            {
                continue;
            }

            if (!DeletePayload.TryRead(payloads[i].Body, out DeletePayload delete, out _))
            {
                return CreateChildSa.Fatal(state, path, context, ExchangeType.Informational);
            }

            // RFC 7296 §1.4.1: a Delete of the IKE SA takes all its children, whatever else the message deletes.
            if (delete.Protocol == SecurityProtocol.Ike)
            {
                return AnswerIkeDelete(state, path, context);
            }

            gone.AddRange(FindDeleted(state, delete).Where(child => !gone.Contains(child)));
        }

        return AnswerChanges(state, path, payloads, gone, context);
    }

    private static Step AnswerIkeDelete(IkeSaState state, DatagramPath path, in StepContext context)
    {
        // RFC 7296 §2.8.2: the peer deletes the SA that its own rekey replaced; it never saw ours, or ours has lost.
        if (state.Own.Pending is { Rival: { Ike: not null } rival } own)
        {
            (IkeSaState next, IkeEffect answer) = Reply.To(state, path, ExchangeType.Informational, default, [], context);
            return OwnRekeyIke.Overtaken(next, own, rival, context, answer, Steps.Done(ExchangeType.Informational, "ok"));
        }

        (_, IkeEffect send) = Reply.To(state, path, ExchangeType.Informational, default, [], context);
        EndCause cause = state.Phase switch
        {
            SaPhase.Rekeyed => EndCause.Rekeyed,
            SaPhase.Redirected => EndCause.Redirected,
            _ => EndCause.PeerDelete,
        };
        return Steps.End(
            state, [.. RemoveChildren(state), send, Steps.Tell(new SaEvent.Ended(state, cause)), Steps.Done(ExchangeType.Informational, "ok")]);
    }

    private static Step AnswerChanges(
        IkeSaState state, DatagramPath path, in PayloadIndex payloads, List<ChildSa> gone, in StepContext context)
    {
        byte[] buffer = new byte[ReplyOctetsMax + (DeletedChildOctets * gone.Count)];
        var writer = new PayloadWriter(buffer);
        EspSpi[] ours = [.. gone.Where(child => !IsBeingDeletedByUs(state, child)).Select(child => child.InboundSpi)];
        foreach (EspSpi[] some in ours.Chunk(Limits.SpisPerDeleteMax))
        {
            writer.DeleteChildren(SecurityProtocol.Esp, some);
        }

        (IkeSaState moved, NotifyType refusal) = Mobike.Take(state, path, payloads, context.Policy);
        Mobike.WriteAnswer(ref writer, moved, path, payloads, refusal, context.Policy);
        ImmutableArray<ChildSa> kept = state.Children.RemoveAll(gone.Contains);
        (IkeSaState next, IkeEffect send) = Reply.To(
            OwnChild.Restart(moved, gone, context) with { Children = kept }, path, ExchangeType.Informational, writer, buffer, context);
        List<IkeEffect> effects = [];
        foreach (ChildSa child in gone)
        {
            effects.Add(new IkeEffect.RemoveChild(child));
            effects.Add(Steps.Tell(new SaEvent.ChildRemoved(next, child, child.IsRekeyed ? ChildEndCause.Rekeyed : ChildEndCause.PeerDelete)));
        }

        string result = refusal == NotifyType.None ? "ok" : $"{refusal}";
        return Steps.Commit(next, context, [.. effects, send, Steps.Done(ExchangeType.Informational, result)]);
    }

    // RFC 7296 §1.4.1: where both sides delete at once, the answer does not name the pair again.
    private static bool IsBeingDeletedByUs(IkeSaState state, ChildSa child) =>
        state.Own.Pending is { Kind: OwnRequestKind.DeleteChild } own && own.Child == child.InboundSpi;

    // The peer deletes by its inbound SPIs, which are our outbound ones.
    private static List<ChildSa> FindDeleted(IkeSaState state, in DeletePayload delete)
    {
        List<ChildSa> found = [];
        for (int i = 0; i < delete.Count && delete.Protocol == SecurityProtocol.Esp; i++)
        {
            EspSpi spi = delete.Spi(i);
            found.AddRange(state.Children.Where(child => child.OutboundSpi == spi));
        }

        return found;
    }
}
