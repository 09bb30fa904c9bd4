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
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>
/// A rekey of the IKE SA as its initiator (RFC 7296 §1.3.2, 2.8, 2.18): we become the original initiator of the new SA,
/// which takes the children and the leases; the old one is deleted by us, who asked.
/// </summary>
internal static class OwnRekeyIke
{
    private const int SpiOctets = 8;
    private const int RequestOctetsMax = 8 * 1024;

    internal static Step Begin(IkeSaState state, in StepContext context) =>
        OwnExchange.Draft(state, OwnRequestKind.RekeyIke, default, "", Guess(state, context), context);

    /// <summary>The key pair is there; the SA may be over, or rekeyed by the peer meanwhile.</summary>
    internal static Step AfterKeyPair(IkeSaState state, KeyExchange pair, in StepContext context)
    {
        IkeSaState free = state with { Own = state.Own with { Draft = null } };
        if (state.Phase != SaPhase.Established)
        {
            return Steps.Go(free, context);
        }

        Span<byte> spi = stackalloc byte[SpiOctets];
        BinaryPrimitives.WriteUInt64BigEndian(spi, context.Numbers.NewIkeSpi().Value);
        byte[] buffer = new byte[RequestOctetsMax];
        var writer = new PayloadWriter(buffer);
        writer.Sa(ProposalsFor(state, context), spi);
        writer.Nonce(CreateChildSa.MakeNonce(context));
        writer.Ke(pair.Method, pair.PublicValue);
        Invariant.That(!writer.Overflowed);
        var offer = new OwnOffer(
            new InnerMessage(writer.First, buffer[..writer.Written]), SecretBytes.CopyOf(pair.Seed.Reveal()), "");
        return OwnExchange.Send(free, OwnRequestKind.RekeyIke, default, offer, context);
    }

    internal static Step Answered(IkeSaState state, OwnRequest own, InnerMessage answer, SecretBytes? secret, in StepContext context)
    {
        if (state.Phase == SaPhase.Rekeyed)
        {
            return AnsweredLate(state, own, answer, secret, context);
        }

        // RFC 7296 §2.5: an answer with a critical payload that is not understood counts for nothing.
        if (!PayloadIndex.TryRead(answer.First, answer.Chain, out PayloadIndex payloads, out _) || payloads.UnsupportedCritical != PayloadType.None)
        {
            return Broken(state, own, context);
        }

        NotifyType error = OwnChildAnswer.FirstError(payloads);
        if (error != NotifyType.None)
        {
            return Refused(state, own, error, payloads, context);
        }

        if (Settle(state, own.Offer!, payloads, secret) is not { } made)
        {
            return Broken(state, own, context);
        }

        return own.Rival is not { } rival
            ? Complete(state, own, made, context)
            : Decide(
                state, own, made, rival,
                Collision.IsRedundant(own.Offer!.Nonce(), CreateChildSa.ReadNonce(payloads), rival.LowestNonce), context);
    }

    /// <summary>A rekey that did not succeed is asked again, later each time; the hard lifetime goes on.</summary>
    internal static IkeSaState Postpone(IkeSaState state, in StepContext context)
    {
        byte tries = (byte)Math.Min(state.Own.IkeTries + 1, byte.MaxValue);
        return state with
        {
            Own = state.Own with { IkeTries = tries },
            Facts = state.Facts! with { RekeyAt = Lifetimes.RetryAt(tries, context) },
        };
    }

    /// <summary>
    /// The peer has deleted the old SA over its own rekey before we saw its answer to ours, which lost. The request is not sent
    /// again; but if its answer was only overtaken, it tells us the redundant SA that we have to delete (RFC 7296 §2.8.2).
    /// </summary>
    internal static Step Overtaken(IkeSaState state, OwnRequest own, Rival rival, in StepContext context, params ReadOnlySpan<IkeEffect> effects)
    {
        OwnRequest waiting = own with { Rival = null, RetransmitAt = Instant.Never };
        IkeSaState old = IkeSuccessor.Empty(state, context) with { Own = state.Own with { Pending = waiting } };
        Step step = Steps.Commit(old, context, [.. effects, Steps.Tell(new SaEvent.Collided(state, "ike", KeptOurs: false))]);
        return IkeSuccessor.Spawn(step, state, IkeSuccessor.Inherit(state, rival.Ike!, isInitiator: false, context));
    }

    private static Step AnsweredLate(IkeSaState state, OwnRequest own, InnerMessage answer, SecretBytes? secret, in StepContext context)
    {
        Step step = Steps.Commit(state, context, Steps.Done(own.Exchange, "redundant", "initiator"));
        return PayloadIndex.TryRead(answer.First, answer.Chain, out PayloadIndex payloads, out _)
            && OwnChildAnswer.FirstError(payloads) == NotifyType.None && Settle(state, own.Offer!, payloads, secret) is { } made
                ? IkeSuccessor.SpawnRedundant(step, IkeSuccessor.Redundant(state, made, isInitiator: true, context))
                : step;
    }

    /// <summary>
    /// The peer's rekey of the same SA is the only one: ours was refused or never answered. The old one is kept for a while to
    /// answer.
    /// </summary>
    internal static Step Yield(IkeSaState state, Rival rival, in StepContext context, params ReadOnlySpan<IkeEffect> effects)
    {
        IkeSaState old = IkeSuccessor.Empty(state, context) with { Own = state.Own with { Pending = null } };
        Step step = Steps.Commit(old, context, [.. effects, Steps.Tell(new SaEvent.Collided(state, "ike", KeptOurs: false))]);
        if (state.Own.Pending?.Offer?.Seed is { } seed)
        {
            step = step with { Effects = step.Effects.Add(new IkeEffect.Wipe(seed)) };
        }

        return IkeSuccessor.Spawn(step, state, IkeSuccessor.Inherit(state, rival.Ike!, isInitiator: false, context));
    }

    private static NewIkeSa? Settle(IkeSaState state, OwnOffer offer, in PayloadIndex payloads, SecretBytes? secret)
    {
        if (secret is null
            || !payloads.TryFind(PayloadType.Sa, out PayloadView saBody) || !SaPayload.TryRead(saBody.Body, out SaPayload sa, out _)
            || !payloads.TryFind(PayloadType.Nonce, out PayloadView nonce) || !NoncePayload.TryRead(nonce.Body, out _, out _)
            || ProposalChoice.Accept(offer.Proposals(), sa, out ReadOnlySpan<byte> spi) is not { } chosen || spi.Length != SpiOctets
            || chosen.KeyExchange != offer.Group() || !IkeSaInit.IsNonceLongEnough(chosen, nonce.Body.Length))
        {
            return null;
        }

        var peerSpi = new IkeSpi(BinaryPrimitives.ReadUInt64BigEndian(spi));
        if (peerSpi.IsZero)
        {
            return null;
        }

        // RFC 7296 §2.18: SKEYSEED by the old PRF and the old SK_d; the SPIs are those of the new SA, ours first.
        IkeKeys keys = KeySchedule.DeriveRekeyedIke(
            state.Proposal.Prf, state.Keys!.SkD.Reveal(), chosen, offer.Nonce(), nonce.Body, secret.Reveal(), offer.IkeSpi(), peerSpi);
        return new NewIkeSa(offer.IkeSpi(), peerSpi, chosen, keys);
    }

    private static Step Complete(IkeSaState state, OwnRequest own, NewIkeSa made, in StepContext context)
    {
        IkeSaState successor = IkeSuccessor.Inherit(state, made, isInitiator: true, context);
        Step step = OwnDelete.SendIke(IkeSuccessor.Empty(state, context), context);
        return IkeSuccessor.Spawn(
            step with { Effects = step.Effects.Add(Steps.Done(own.Exchange, "ok", "initiator")) }, state, successor);
    }

    /// <summary>
    /// The clash is decided (RFC 7296 §2.8.2): the children go to the SA that stays, whose initiator deletes the old SA; the
    /// redundant one is deleted by the side that asked for it.
    /// </summary>
    private static Step Decide(
        IkeSaState state, OwnRequest own, NewIkeSa made, Rival rival, bool isOursRedundant, in StepContext context)
    {
        if (!isOursRedundant)
        {
            Step won = Complete(state, own, made, context);
            won = won with { Effects = won.Effects.Add(Steps.Tell(new SaEvent.Collided(state, "ike", KeptOurs: true))) };
            return IkeSuccessor.SpawnRedundant(won, IkeSuccessor.Redundant(state, rival.Ike!, isInitiator: false, context));
        }

        Step lost = Yield(state, rival, context, Steps.Done(own.Exchange, "redundant", "initiator"));
        return IkeSuccessor.SpawnRedundant(lost, IkeSuccessor.Redundant(state, made, isInitiator: true, context));
    }

    private static Step Refused(IkeSaState state, OwnRequest own, NotifyType error, in PayloadIndex payloads, in StepContext context)
    {
        IkeEffect done = Steps.Done(own.Exchange, error, "initiator");
        if (own.Rival is { } rival)
        {
            return Yield(state, rival, context, done);
        }

        if (state.Phase != SaPhase.Established)
        {
            return OwnDelete.SendNext(state, context, done);
        }

        if (OwnChildAnswer.OtherGroup(own.Offer!, Guess(state, context), error, payloads) is { } group)
        {
            Step again = OwnExchange.Draft(state, OwnRequestKind.RekeyIke, default, "", group, context);
            return again with { Effects = again.Effects.Add(done) };
        }

        IkeSaState next = Postpone(state, context);
        SaFacts facts = next.Facts!;
        return OwnDelete.SendNext(
            next, context, Steps.Tell(new SaEvent.PeerRefused(next, own.Kind, "", error, facts.RekeyAt, facts.ExpireAt)), done);
    }

    /// <summary>
    /// The peer believes in a new SA that cannot be: the two sides no longer agree, so the SA is deleted
    /// (RFC 7296 §2.21.3).
    /// </summary>
    private static Step Broken(IkeSaState state, OwnRequest own, in StepContext context)
    {
        IkeEffect done = Steps.Done(own.Exchange, "Malformed", "initiator");
        return own.Rival is { } rival
            ? Yield(state, rival, context, done)
            : OwnDelete.SendNext(state with { Phase = SaPhase.Deleting, DeletedFor = EndCause.Failed }, context, done);
    }

    /// <summary>The group in force, where the policy still has it: the peer has taken it before.</summary>
    private static KeyExchangeMethod Guess(IkeSaState state, in StepContext context)
    {
        KeyExchangeMethod inForce = state.Proposal.KeyExchange;
        ImmutableArray<Proposal> proposals = ProposalsFor(state, context);
        return proposals.Any(proposal => proposal.Transforms.Contains(Transform.KeyExchange(inForce))) ? inForce : proposals[0].KeyExchange;
    }

    /// <summary>What the connection says now; where a reload took it away, what is in force.</summary>
    private static ImmutableArray<Proposal> ProposalsFor(IkeSaState state, in StepContext context) =>
        context.Policy.FindConnection(state.Facts!.Connection)?.Proposals ?? [state.Proposal with { Number = 0 }];
}
