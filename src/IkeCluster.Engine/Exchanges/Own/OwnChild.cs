using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>
/// CREATE_CHILD_SA for a Child SA as its initiator (RFC 7296 §1.3.1, 1.3.3): one that replaces another, or a new one. The
/// old one carries the traffic until the new one is in; then this side, which asked, deletes it.
/// </summary>
internal static class OwnChild
{
    private const int RequestOctetsMax = 8 * 1024;

    internal static Step BeginRekey(IkeSaState state, ChildSa old, in StepContext context)
    {
        KeyExchangeMethod group = ProposalsFor(state, old.Name, old, context)[0].KeyExchange;
        return Begin(state, OwnRequestKind.RekeyChild, old.InboundSpi, old.Name, group, context);
    }

    /// <summary>The key pair is there; what it was made for may be gone, or replaced by the peer meanwhile.</summary>
    internal static Step AfterKeyPair(IkeSaState state, OwnDraft draft, KeyExchange pair, in StepContext context)
    {
        IkeSaState free = state with { Own = state.Own with { Draft = null } };
        return Find(state, draft.Child) is not { IsRekeyed: false, IsToBeDeleted: false } && draft.Kind == OwnRequestKind.RekeyChild
            ? Steps.Go(free, context)
            : Ask(free, draft.Kind, draft.Child, draft.ChildName, pair, context);
    }

    internal static Step Answered(IkeSaState state, OwnRequest own, InnerMessage answer, SecretBytes? secret, in StepContext context)
    {
        if (!PayloadIndex.TryRead(answer.First, answer.Chain, out PayloadIndex payloads, out _))
        {
            return Discard(state, own, context);
        }

        NotifyType error = OwnChildAnswer.FirstError(payloads);
        if (error != NotifyType.None)
        {
            return Refused(state, own, error, payloads, context);
        }

        if (OwnChildAnswer.Settle(state, own.Offer!, Find(state, own.Child), payloads, secret, context) is not { } made)
        {
            return Discard(state, own, context);
        }

        // RFC 7296 §2.8.1: a rival that the peer has deleted already has lost, whoever holds the lowest nonce.
        return own.Rival is { } rival && Find(state, rival.Child) is { } other
            ? Decide(state, own, made, other, Collision.IsRedundant(own.Offer!.Nonce(), CreateChildSa.ReadNonce(payloads), rival.LowestNonce), context)
            : Complete(state, own, made, context);
    }

    private static Step Begin(
        IkeSaState state, OwnRequestKind kind, EspSpi child, string name, KeyExchangeMethod group, in StepContext context) =>
        group == KeyExchangeMethod.None
            ? Ask(state, kind, child, name, null, context)
            : OwnExchange.Draft(state, kind, child, name, group, context);

    private static Step Ask(
        IkeSaState state, OwnRequestKind kind, EspSpi child, string name, KeyExchange? pair, in StepContext context)
    {
        ChildSa old = Find(state, child)!;
        Span<byte> spi = stackalloc byte[sizeof(uint)];
        byte[] buffer = new byte[RequestOctetsMax];
        var writer = new PayloadWriter(buffer);
        BinaryPrimitives.WriteUInt32BigEndian(spi, old.InboundSpi.Value);
        writer.Notify(NotifyType.RekeySa, [], SecurityProtocol.Esp, spi);
        if (old.Mode == ChildMode.Transport)
        {
            writer.Notify(NotifyType.UseTransportMode);
        }

        BinaryPrimitives.WriteUInt32BigEndian(spi, context.Numbers.NewEspSpi().Value);
        writer.Sa(ProposalsFor(state, name, old, context), spi);
        writer.Nonce(CreateChildSa.MakeNonce(context));
        if (pair is not null)
        {
            writer.Ke(pair.Method, pair.PublicValue);
        }

        // RFC 7296 §2.9.2: no narrower than what is in use.
        writer.Ts(PayloadType.TsInitiator, old.LocalTs.AsSpan());
        writer.Ts(PayloadType.TsResponder, old.RemoteTs.AsSpan());
        Invariant.That(!writer.Overflowed);
        var offer = new OwnOffer(
            new InnerMessage(writer.First, buffer[..writer.Written]), pair is null ? null : SecretBytes.CopyOf(pair.Seed.Reveal()), name);
        return OwnExchange.Send(state, kind, child, offer, context);
    }

    private static Step Complete(IkeSaState state, OwnRequest own, ChildSa made, in StepContext context)
    {
        ChildSa? old = Find(state, own.Child);
        ImmutableArray<ChildSa> children = old is null
            ? state.Children.Add(made)
            : state.Children.Replace(old, old with { IsRekeyed = true, IsToBeDeleted = true }).Add(made);
        IkeSaState next = state with { Children = children };
        return OwnDelete.SendNext(
            next, context, new IkeEffect.InstallChild(made, next.Path),
            Steps.Tell(new SaEvent.ChildInstalled(next, made, old?.InboundSpi)), Steps.Done(own.Exchange, "ok", "initiator"));
    }

    /// <summary>
    /// The clash is decided. Where ours lost it was never installed, and is deleted by us; the peer deletes the old child.
    /// Where the peer's lost, the peer deletes it, and we the old one.
    /// </summary>
    private static Step Decide(IkeSaState state, OwnRequest own, ChildSa made, ChildSa rival, bool isOursRedundant, in StepContext context)
    {
        IkeEffect told = Steps.Tell(new SaEvent.Collided(state, "child", KeptOurs: !isOursRedundant));
        if (!isOursRedundant)
        {
            IkeSaState kept = state with { Children = state.Children.Replace(rival, rival with { IsRekeyed = true }) };
            Step won = Complete(kept, own, made, context);
            return won with { Effects = won.Effects.Add(told) };
        }

        made.Keys.Dispose();
        Step lost = OwnDelete.SendChild(state, made.InboundSpi, context);
        return lost with { Effects = [.. lost.Effects, told, Steps.Done(own.Exchange, "redundant", "initiator")] };
    }

    private static Step Refused(IkeSaState state, OwnRequest own, NotifyType error, in PayloadIndex payloads, in StepContext context)
    {
        IkeEffect done = Steps.Done(own.Exchange, $"{error}", "initiator");
        if (Find(state, own.Child) is not { IsRekeyed: false } old)
        {
            return OwnDelete.SendNext(state, context, done);
        }

        if (OwnChildAnswer.OtherGroup(own.Offer!, error, payloads) is { } group)
        {
            Step again = Begin(state, own.Kind, own.Child, old.Name, group, context);
            return again with { Effects = again.Effects.Add(done) };
        }

        return OwnDelete.SendNext(Postpone(state, old, context), context, done);
    }

    /// <summary>
    /// An authentic answer that makes no child here may have made one there: it is deleted by the SPI that we named, and
    /// the old child stays.
    /// </summary>
    private static Step Discard(IkeSaState state, OwnRequest own, in StepContext context)
    {
        IkeSaState next = Find(state, own.Child) is { } old ? Postpone(state, old, context) : state;
        Step step = OwnDelete.SendChild(next, own.Offer!.ChildSpi(), context);
        return step with { Effects = step.Effects.Add(Steps.Done(own.Exchange, "Malformed", "initiator")) };
    }

    /// <summary>A rekey that did not succeed is asked again, later each time; the hard lifetime goes on.</summary>
    internal static IkeSaState Postpone(IkeSaState state, ChildSa old, in StepContext context)
    {
        byte tries = (byte)Math.Min(old.RekeyTries + 1, byte.MaxValue);
        ChildSa later = old with { RekeyTries = tries, RekeyAt = Lifetimes.RetryAt(tries, context) };
        return state with { Children = state.Children.Replace(old, later) };
    }

    /// <summary>What the section says now; where a reload took it away, what is in use.</summary>
    private static ImmutableArray<Proposal> ProposalsFor(IkeSaState state, string name, ChildSa old, in StepContext context) =>
        context.Policy.FindChild(state.Facts!.Connection, name)?.EspProposals ?? [old.Proposal with { Number = 0 }];

    private static ChildSa? Find(IkeSaState state, EspSpi inbound) =>
        state.Children.FirstOrDefault(child => child.InboundSpi == inbound);
}
