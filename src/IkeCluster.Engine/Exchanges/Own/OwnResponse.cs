using System.Diagnostics;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Engine.Mobility;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>
/// The answer to a request of ours: opened, put together from its fragments, given its shared secret where the exchange
/// has one, and handed to whoever asked.
/// </summary>
internal static class OwnResponse
{
    internal static Step Receive(IkeSaState state, DatagramPath path, Span<byte> message, in IkeHeader header, in StepContext context)
    {
        if (state.Keys is null || state.Own.Pending is not { Answer: null } own || own.Id != header.MessageId || own.Exchange != header.Exchange)
        {
            return Steps.Drop(state, DropReason.UnexpectedResponse, context);
        }

        MessageCipher cipher = context.Ciphers.Of(state.Keys, state.Proposal, sentByInitiator: !state.IsInitiator);
        DropReason refused = MessageOpener.TryOpen(cipher, message, out EncryptedPayload outer, out ReadOnlySpan<byte> plain);
        if (refused != DropReason.None)
        {
            return Steps.Drop(state, refused, context);
        }

        if (!outer.IsFragment)
        {
            return Take(state, own, path, new InnerMessage(outer.FirstInner, plain.ToArray()), context);
        }

        if (outer.TotalFragments > context.Policy.Limits.FragmentsMax)
        {
            return Steps.Drop(state, DropReason.FragmentLimit, context);
        }

        Reassembly? kept = Reassembly.Add(own.Reassembly, own.Id, outer, plain, Limits.MessageOctetsMax, context.Now, out InnerMessage? complete);
        if (kept is null || !state.Features.HasFlag(PeerFeatures.Fragmentation))
        {
            return Steps.Drop(state, DropReason.FragmentRefused, context);
        }

        return complete is null
            ? Steps.Go(state with { Own = state.Own with { Pending = own with { Reassembly = kept } } }, context)
            : Take(state, own, path, complete, context);
    }

    /// <summary>The shared secret of a CREATE_CHILD_SA of ours is there.</summary>
    internal static Step AfterKeyExchange(IkeSaState state, OwnAnswer answer, WorkResult.KeyPairAndSecret result, in StepContext context)
    {
        result.Pair.Dispose();
        using SecretBytes? secret = result.SharedSecret;
        return Finish(state, answer.Path, answer.Message, secret, context);
    }

    /// <summary>The sum failed on our side: the request goes on being repeated, and its next answer is taken instead.</summary>
    internal static Step AfterFailure(IkeSaState state, in StepContext context) =>
        Steps.Go(state with { Own = state.Own with { Pending = state.Own.Pending! with { Answer = null } } }, context);

    // Repeats of the answer are dropped while the secret is computed. After a crash our request goes out again, the peer
    // repeats its answer, and the sum is done from the seed that was written with the request.
    private static Step Take(IkeSaState state, OwnRequest own, DatagramPath path, InnerMessage answer, in StepContext context)
    {
        context.Trace?.Opened(own.Exchange, own.Id, isResponse: true, answer.First, answer.Chain);
        if (own.Offer is not { Seed: { } seed } offer || PeerValue(offer, answer) is not { } peerValue)
        {
            return Finish(state, path, answer, null, context);
        }

        Ticket ticket = state.LastTicket.Next;
        IkeSaState next = state with
        {
            LastTicket = ticket,
            Own = state.Own with { Pending = own with { Answer = new OwnAnswer(ticket, answer, path), Reassembly = null } },
        };
        var work = new SlowWork.MakeKeyPairAndDerive(offer.Group(), SecretBytes.CopyOf(seed.Reveal()), peerValue);
        return Steps.Go(next, context, new IkeEffect.StartWork(ticket, work));
    }

    /// <summary>The peer's public value, of the group that we offered; null: the answer makes no secret.</summary>
    private static byte[]? PeerValue(OwnOffer offer, InnerMessage answer) =>
        PayloadIndex.TryRead(answer.First, answer.Chain, out PayloadIndex payloads, out _)
        && payloads.TryFind(PayloadType.Ke, out PayloadView body) && KePayload.TryRead(body.Body, out KePayload ke, out _)
        && ke.Method == offer.Group()
            ? ke.Value.ToArray()
            : null;

    private static Step Finish(IkeSaState state, DatagramPath path, InnerMessage answer, SecretBytes? secret, in StepContext context)
    {
        OwnRequest own = state.Own.Pending!;
        IkeSaState heard = Hear(state, path, context);
        Step step = own.Kind switch
        {
            _ when SaysMalformed(answer) => OwnExchange.End(heard, EndCause.Failed),
            OwnRequestKind.Liveness => OwnDelete.SendNext(heard, context, Steps.Done(own.Exchange, "ok", "initiator")),
            OwnRequestKind.Redirect => OwnRedirect.Answered(heard, own, context),
            OwnRequestKind.DeleteIke or OwnRequestKind.DeleteChild => OwnDelete.Answered(heard, own, context),
            OwnRequestKind.RekeyChild or OwnRequestKind.CreateChild => OwnChild.Answered(heard, own, answer, secret, context),
            OwnRequestKind.RekeyIke => OwnRekeyIke.Answered(heard, own, answer, secret, context),
            _ => throw new UnreachableException(),
        };
        if (heard.Path != state.Path && step.State is not null)
        {
            // By far the usual move after a restart: the peer was found where it asked from.
            step = step with { Effects = [.. PathChange.Effects(state, heard), .. step.Effects] };
        }

        return own.Offer?.Seed is { } seed ? step with { Effects = step.Effects.Add(new IkeEffect.Wipe(seed)) } : step;
    }

    // RFC 7296 §2.21.3: an authenticated INVALID_SYNTAX ends the IKE SA on both sides, and no Delete follows.
    private static bool SaysMalformed(InnerMessage answer) =>
        PayloadIndex.TryRead(answer.First, answer.Chain, out PayloadIndex payloads, out _) && payloads.HasNotify(NotifyType.InvalidSyntax);

    /// <summary>The request is answered, the window moves on, and the peer has proved that it lives and where it stands.</summary>
    private static IkeSaState Hear(IkeSaState state, DatagramPath path, in StepContext context) => state with
    {
        Own = state.Own with { NextId = state.Own.NextId.Next, Pending = null },
        HeardAt = context.Now,
        IsReached = true,

        // RFC 7296 §2.23: an answer is new and authenticated, so a peer behind a NAT may have moved with it.
        Path = PathChange.FollowsMessages(state.Facts!.Features) ? path : state.Path,
    };
}
