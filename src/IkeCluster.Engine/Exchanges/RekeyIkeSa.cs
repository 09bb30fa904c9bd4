using System.Buffers.Binary;
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
/// A rekey of the IKE SA as responder (RFC 7296 §1.3.2, 2.8, 2.18): a new SA in the same shard takes the children and the
/// leases in one transaction; the old one waits for its Delete.
/// </summary>
internal static class RekeyIkeSa
{
    private const int SpiOctets = 8;
    private const int ReplyOctetsMax = 4 * 1024;

    internal static Step Answer(IkeSaState state, DatagramPath path, InnerMessage request, in StepContext context)
    {
        PayloadIndex.TryRead(request.First, request.Chain, out PayloadIndex payloads, out _);
        if (!MayMoveChildren(state))
        {
            return CreateChildSa.Refuse(state, path, NotifyType.TemporaryFailure, [], context);
        }

        if (Choose(state, payloads, context, out _) is not { } chosen)
        {
            return CreateChildSa.Refuse(state, path, NotifyType.NoProposalChosen, [], context);
        }

        if (!payloads.TryFind(PayloadType.Ke, out PayloadView body) || !KePayload.TryRead(body.Body, out KePayload ke, out _))
        {
            return CreateChildSa.Fatal(state, path, context);
        }

        if (ke.Method != chosen.KeyExchange)
        {
            Span<byte> group = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(group, (ushort)chosen.KeyExchange);
            return CreateChildSa.Refuse(state, path, NotifyType.InvalidKePayload, group, context);
        }

        return CreateChildSa.StartKeyExchange(
            state, path, new PendingStage.RekeyingIke(request), chosen.KeyExchange, payloads, context);
    }

    internal static Step AfterKeyExchange(
        IkeSaState state, PendingStage.RekeyingIke stage, WorkResult.KeyPairAndSecret result, in StepContext context)
    {
        using KeyExchange pair = result.Pair;
        using SecretBytes? secret = result.SharedSecret;
        DatagramPath path = state.Pending!.Path;
        PayloadIndex.TryRead(stage.Request.First, stage.Request.Chain, out PayloadIndex payloads, out _);
        if (secret is null)
        {
            // RFC 6989 §2.5: a value that fails the checks is answered as bad syntax.
            return CreateChildSa.Fatal(state, path, context);
        }

        // An operator may have ended the SA, or a reload changed the policy, while the sum was under way.
        if (!MayMoveChildren(state) || Choose(state, payloads, context, out IkeSpi peerSpi) is not { } chosen
            || chosen.KeyExchange != pair.Method)
        {
            return CreateChildSa.Refuse(state, path, NotifyType.TemporaryFailure, [], context);
        }

        byte[] ourNonce = CreateChildSa.MakeNonce(context);
        IkeSpi ourSpi = context.Numbers.NewIkeSpi();

        // RFC 7296 §2.18: SKEYSEED by the old PRF and the old SK_d; the SPIs are those of the new SA.
        IkeKeys keys = KeySchedule.DeriveRekeyedIke(
            state.Proposal.Prf, state.Keys!.SkD.Reveal(), chosen, CreateChildSa.ReadNonce(payloads), ourNonce, secret.Reveal(), peerSpi, ourSpi);
        return Complete(state, path, new NewIkeSa(ourSpi, peerSpi, chosen, keys), pair, payloads, ourNonce, context);
    }

    // RFC 7296 §2.25.2: while a request of ours makes, rekeys or deletes a child its SA cannot be rekeyed, or that answer
    // would miss the child. Our own rekey of the IKE SA is no hindrance, once.
    private static bool MayMoveChildren(IkeSaState state) =>
        state.Phase == SaPhase.Established
        && state.Own.Pending is not ({ Rival: not null } or
        { Kind: OwnRequestKind.DeleteChild or OwnRequestKind.RekeyChild or OwnRequestKind.CreateChild })
        && state.Own.Dropped.IsEmpty && !state.Children.Any(child => child.IsToBeDeleted);

    /// <summary>The chosen proposal, with the SPI the peer will use; null where nothing fits or the SPI is none.</summary>
    private static Proposal? Choose(IkeSaState state, in PayloadIndex payloads, in StepContext context, out IkeSpi peerSpi)
    {
        peerSpi = IkeSpi.Zero;
        payloads.TryFind(PayloadType.Sa, out PayloadView body);
        ConnectionPolicy? connection = context.Policy.FindConnection(state.Facts!.Connection);
        if (connection is null || !SaPayload.TryRead(body.Body, out SaPayload sa, out _))
        {
            return null;
        }

        Proposal? chosen = ProposalChoice.Choose(connection.Proposals, sa, ignoreKeyExchange: false, out ReadOnlySpan<byte> spi);
        if (chosen is null || spi.Length != SpiOctets)
        {
            return null;
        }

        peerSpi = new IkeSpi(BinaryPrimitives.ReadUInt64BigEndian(spi));
        return peerSpi.IsZero || !IkeSaInit.IsNonceLongEnough(chosen, CreateChildSa.ReadNonce(payloads).Length) ? null : chosen;
    }

    private static Step Complete(
        IkeSaState state, DatagramPath path, NewIkeSa made, KeyExchange pair, in PayloadIndex payloads, byte[] ourNonce, in StepContext context)
    {
        Span<byte> spi = stackalloc byte[SpiOctets];
        BinaryPrimitives.WriteUInt64BigEndian(spi, made.LocalSpi.Value);
        Span<byte> buffer = stackalloc byte[ReplyOctetsMax];
        var writer = new PayloadWriter(buffer);
        writer.Sa(made.Proposal, spi);
        writer.Nonce(ourNonce);
        writer.Ke(pair.Method, pair.PublicValue);

        // RFC 7296 §2.8.2: we asked to rekey the same IKE SA. Both requests are answered; our own answer decides.
        bool isClash = state.Own.Pending is { Kind: OwnRequestKind.RekeyIke };
        IkeSaState old = isClash
            ? KeepRival(state, new Rival(Collision.Lower(CreateChildSa.ReadNonce(payloads), ourNonce).ToArray(), default, made))
            : IkeSuccessor.Empty(state, context);
        (IkeSaState next, IkeEffect send) = Reply.To(old, path, ExchangeType.CreateChildSa, writer, buffer, context);
        Step step = Steps.Commit(next, context, send, Steps.Done(ExchangeType.CreateChildSa, "ok"));
        return isClash ? step : IkeSuccessor.Spawn(step, state, IkeSuccessor.Inherit(state, made, isInitiator: false, context));
    }

    private static IkeSaState KeepRival(IkeSaState state, Rival rival) =>
        state with { Own = state.Own with { Pending = state.Own.Pending! with { Rival = rival } } };
}
