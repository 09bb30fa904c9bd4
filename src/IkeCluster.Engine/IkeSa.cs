using System.Collections.Immutable;
using System.Diagnostics;
using IkeCluster.Crypto;
using IkeCluster.Crypto.Ciphers;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Engine.Exchanges.Own;
using IkeCluster.Engine.Mobility;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Engine.Window;
using IkeCluster.Engine.Work;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>
/// The IKE SA as a sans-IO state machine: (state, input, context) → (state, effects). No socket, clock, thread, store or
/// chance inside but those handed in.
/// </summary>
public static class IkeSa
{
    /// <summary>The first message of a stranger: judged before there is any state (RFC 7296 §1.2).</summary>
    public static InitVerdict Begin(DatagramPath path, ReadOnlySpan<byte> message, in StepContext context) =>
        IkeSaInit.Begin(path, message, context);

    /// <summary>One turn.</summary>
    public static Step Next(IkeSaState state, IkeInput input, in StepContext context) => input switch
    {
        IkeInput.Datagram datagram => Receive(state, datagram.Path, datagram.Message.Span, context),
        IkeInput.WorkDone done => Resume(state, done, context),
        IkeInput.AddressesLeased leased => Leased(state, leased, context),
        IkeInput.CommitConflict conflict => ChooseAgain(state, conflict, context),
        IkeInput.Displaced displaced => Displacing.Next(state, displaced.How, context),
        IkeInput.TimerFired => TimerFired(state, context),
        IkeInput.Recovered recovered => Recover(state, recovered, context),
        IkeInput.Redirect => OwnRedirect.Order(state, context),
        IkeInput.Rekey rekey => OwnDuties.Rekey(state, rekey.ChildName, context),
        IkeInput.ChildExpiring expiring => OwnDuties.Expiring(state, expiring, context),
        IkeInput.Terminate terminate => OwnDelete.Terminate(state, terminate.ChildName, context),
        _ => throw new UnreachableException(),
    };

    /// <summary>Wipes the keys of an SA that leaves memory: it ended, was passivated, or belongs to another owner now.</summary>
    public static void Forget(IkeSaState state, CipherCache ciphers)
    {
        if (state.Keys is { } keys)
        {
            ciphers.Forget(keys);
        }

        Wipe(state);
    }

    /// <summary>Wipes all that is secret in a state that no one else holds.</summary>
    public static void Wipe(IkeSaState state)
    {
        state.Handshake?.Pair?.Dispose();
        state.Handshake?.Login?.Forget();
        state.Own.Pending?.Offer?.Seed?.Dispose();
        state.Own.Pending?.Rival?.Ike?.Keys.Dispose();
        state.Keys?.Dispose();

        foreach (Children.ChildSa child in state.Children)
        {
            child.Keys.Dispose();
        }
    }

    private static Step Receive(IkeSaState state, DatagramPath path, Span<byte> message, in StepContext context)
    {
        if (!IkeHeader.TryRead(message, out IkeHeader header))
        {
            return Steps.Drop(state, DropReason.TooShort, context);
        }

        // Until it has logged in a peer may change its port, as NAT traversal wants (RFC 7296 §2.23), and not its address: or
        // it could aim our answers, certificates and all, at somebody else.
        if (state.Phase == SaPhase.HalfOpen && path.Remote.Address != state.Path.Remote.Address)
        {
            return Steps.Drop(state, DropReason.AddressChanged, context);
        }

        if (header.Exchange == ExchangeType.IkeSaInit)
        {
            return RepeatInit(state, path, message, context);
        }

        if (header.IsInitiator == state.IsInitiator || PeerSpi(header) != state.PeerSpi)
        {
            return Steps.Drop(state, DropReason.UnknownSpi, context);
        }

        if (header.IsResponse)
        {
            return OwnResponse.Receive(state, path, message, header, context);
        }

        return state.Keys is null
            ? Hold(state, path, message, header, context)
            : ReceiveRequest(state, path, message, header.Exchange, header.MessageId, context);
    }

    private static IkeSpi PeerSpi(in IkeHeader header) => header.IsInitiator ? header.InitiatorSpi : header.ResponderSpi;

    // RFC 7296 §2.1: the same first message gets the same answer, wherever it came from this time.
    private static Step RepeatInit(IkeSaState state, DatagramPath path, ReadOnlySpan<byte> message, in StepContext context)
    {
        if (state.Handshake is not { } handshake || !message.SequenceEqual(handshake.InitRequest))
        {
            return Steps.Drop(state, DropReason.UnexpectedExchange, context);
        }

        return handshake.InitResponse.Length == 0
            ? Steps.Drop(state, DropReason.RequestInProgress, context)
            : Steps.Go(state, context, new IkeEffect.Send(path, [handshake.InitResponse]));
    }

    // The secret is computed when an IKE_AUTH comes that looks right, once; until it is there the datagrams wait.
    private static Step Hold(IkeSaState state, DatagramPath path, ReadOnlySpan<byte> message, in IkeHeader header, in StepContext context)
    {
        if (header.Exchange != ExchangeType.IkeAuth || header.MessageId != state.Window.Expected || state.Handshake!.InitResponse.Length == 0
            || !EncryptedPayload.TryLocate(message, out EncryptedPayload outer, out _))
        {
            return Steps.Drop(state, DropReason.NotYetAuthenticated, context);
        }

        if (state.Pending is { Stage: PendingStage.DerivingInitSecret waiting } pending)
        {
            bool fits = outer.IsFragment && waiting.Held.Length < context.Policy.Limits.FragmentsMax
                && waiting.Held.Sum(held => held.Octets.Length) + message.Length <= Limits.LoginOctetsMax;
            return fits
                ? Steps.Go(state with { Pending = pending with { Stage = new PendingStage.DerivingInitSecret(waiting.Held.Add(new HeldDatagram(path, message.ToArray()))) } }, context)
                : Steps.Drop(state, DropReason.RequestInProgress, context);
        }

        Ticket ticket = state.LastTicket.Next;
        IkeSaState next = state with
        {
            LastTicket = ticket,
            Pending = new PendingRequest(ticket, path, new PendingStage.DerivingInitSecret([new HeldDatagram(path, message.ToArray())])),
        };
        return Steps.Go(next, context, new IkeEffect.StartWork(ticket, new SlowWork.DeriveSecret(state.Handshake.Pair!, state.Handshake.PeerKeValue)));
    }

    private static Step ReceiveRequest(
        IkeSaState state, DatagramPath path, Span<byte> message, ExchangeType exchange, MessageId id, in StepContext context)
    {
        bool isRepeat = state.Window.IsRepeat(id);
        bool isNew = id == state.Window.Expected || (state.IsCatchingUp && id.Value > state.Window.Expected.Value);
        if (!isRepeat && !isNew)
        {
            return Steps.Drop(state, id.Value < state.Window.Expected.Value ? DropReason.OldMessageId : DropReason.FutureMessageId, context);
        }

        if (state.Pending is not null)
        {
            return Steps.Drop(state, DropReason.RequestInProgress, context);
        }

        MessageCipher cipher = context.Ciphers.Of(state.Keys!, state.Proposal, sentByInitiator: !state.IsInitiator);
        DropReason refused = MessageOpener.TryOpen(cipher, message, out EncryptedPayload outer, out ReadOnlySpan<byte> plain);
        if (refused != DropReason.None)
        {
            return Steps.Drop(state, refused, context);
        }

        IkeSaState heard = state.Handshake is { IsAddressProved: false } handshake
            ? state with { Handshake = handshake with { IsAddressProved = true } }
            : state;
        return isRepeat
            ? Repeat(heard, path, outer, context)
            : Collect(heard, path, exchange, id, outer, plain, context);
    }

    // RFC 7296 §2.1: a repeat is answered with the stored octets, to where it came from; it moves neither timers nor the
    // peer's address. RFC 7383 §2.6.1: of a fragmented request only the first fragment asks for the answer again.
    private static Step Repeat(IkeSaState state, DatagramPath path, in EncryptedPayload outer, in StepContext context) =>
        (outer.IsFragment && outer.FragmentNumber != 1) || state.Window.LastReply.IsEmpty
            ? Steps.Drop(state, DropReason.OldMessageId, context)
            : Steps.Go(state, context, new IkeEffect.Send(path, state.Window.LastReply));

    private static Step Collect(
        IkeSaState state, DatagramPath path, ExchangeType exchange, MessageId id, in EncryptedPayload outer, ReadOnlySpan<byte> plain,
        in StepContext context)
    {
        if (!outer.IsFragment)
        {
            return Answer(state, path, exchange, id, new InnerMessage(outer.FirstInner, plain.ToArray()), context);
        }

        if (outer.TotalFragments > context.Policy.Limits.FragmentsMax)
        {
            return Steps.Drop(state, DropReason.FragmentLimit, context);
        }

        // RFC 7383 §2.3: fragments come only from a peer that spoke of them in IKE_SA_INIT.
        Reassembly? kept = Reassembly.Add(
            state.Window.Reassembly, id, outer, plain, state.IsEstablished ? Limits.MessageOctetsMax : Limits.LoginOctetsMax, context.Now, out InnerMessage? complete);
        if (kept is null || !state.Features.HasFlag(PeerFeatures.Fragmentation))
        {
            return Steps.Drop(state, DropReason.FragmentRefused, context);
        }

        return complete is null
            ? Steps.Go(state with { Window = state.Window with { Reassembly = kept } }, context)
            : Answer(state, path, exchange, id, complete, context);
    }

    private static Step Answer(
        IkeSaState state, DatagramPath path, ExchangeType exchange, MessageId id, InnerMessage request, in StepContext context)
    {
        context.Trace?.Opened(exchange, id, isResponse: false, request.First, request.Chain);

        // RFC 7296 §2.2: an SA whose IDs would wrap is over.
        if (id.IsLast)
        {
            return Steps.End(state, [.. Informational.RemoveChildren(state), Steps.Tell(new SaEvent.Ended(state, EndCause.MessageIdsExhausted))]);
        }

        IkeSaState heard = Hear(state, path, id, context);
        bool isHalfOpen = state.Phase == SaPhase.HalfOpen;
        Step step = exchange switch
        {
            ExchangeType.IkeAuth when isHalfOpen => IkeAuth.Answer(heard, path, request, context),
            ExchangeType.CreateChildSa when !isHalfOpen => CreateChildSa.Answer(heard, path, request, context),
            ExchangeType.Informational when !isHalfOpen => Informational.Answer(heard, path, request, context),
            ExchangeType.Informational => AbandonedLogin.Answer(state, heard, path, request, context),
            _ => Steps.Drop(state, DropReason.UnexpectedExchange, context),
        };
        return FollowPath(state, Confirm(step), path, context);
    }

    /// <summary>
    /// A move is written with whatever else the step writes, and alone if it writes nothing: a restart must find the peer
    /// where it was heard last.
    /// </summary>
    private static Step FollowPath(IkeSaState before, Step step, DatagramPath path, in StepContext context)
    {
        if (step.State is not { Phase: SaPhase.Established } after || before.Phase != SaPhase.Established || step.IsDrop)
        {
            return step;
        }

        if (after.IsCatchingUp && path != after.Path && PathChange.FollowsMessages(after.Facts!.Features))
        {
            return OwnExchange.Probe(step, path, context);
        }

        ImmutableArray<IkeEffect> moved = [.. PathChange.Effects(before, after)];
        if (moved.IsEmpty)
        {
            return step;
        }

        return step.Writes.IsEmpty
            ? Steps.Commit(after, context, [.. step.Effects, .. moved])
            : step with { Effects = [.. step.Effects, .. moved] };
    }

    /// <summary>A new authenticated request: catch-up moves to its ID, and a peer behind a NAT may have moved.</summary>
    private static IkeSaState Hear(IkeSaState state, DatagramPath path, MessageId id, in StepContext context)
    {
        // RFC 7296 §2.23: only a peer behind a NAT moves by itself; IKE_AUTH may come from the NAT-T port at first.
        // In catch-up the request may be a replay of liveness, so it moves nothing (DESIGN.md).
        bool mayMove = !state.IsCatchingUp && (state.Phase == SaPhase.HalfOpen || PathChange.FollowsMessages(state.Features));
        return state with
        {
            Window = state.Window with { Expected = id, Reassembly = null },
            HeardAt = state is { IsCatchingUp: true, IsReached: false } ? state.HeardAt : context.Now,
            Path = mayMove ? path : state.Path,
        };
    }

    // DESIGN.md: a request that is committed proves where the peer stands; liveness, which can be replayed, does not.
    private static Step Confirm(Step step) =>
        step.State is { IsCatchingUp: true } state && step.Writes.Length > 0
            ? step with
            {
                State = state with { IsCatchingUp = false },
                Writes = [.. step.Writes.Select(write => ReferenceEquals(write.State, state) ? write with { State = state with { IsCatchingUp = false } } : write)],
            }
            : step;

    private static Step Resume(IkeSaState state, IkeInput.WorkDone done, in StepContext context)
    {
        if (OwnWork.IsFor(state, done.Ticket))
        {
            return OwnWork.Resume(state, done.Result, context);
        }

        if (state.Pending is not { } pending || pending.Ticket != done.Ticket)
        {
            done.Result.Wipe();
            return Steps.Drop(state, DropReason.UnexpectedResponse, context);
        }

        return (pending.Stage, done.Result) switch
        {
            (_, WorkResult.Failed) => RefuseFailed(state, pending.Path, context),
            (PendingStage.MakingInitPair, WorkResult.KeyPair made) => IkeSaInit.Answer(state, made.Pair, context),
            (PendingStage.DerivingInitSecret waiting, WorkResult.Secret secret) => OpenHeld(state, pending.Path, waiting, secret.SharedSecret, context),
            (PendingStage.CheckingProof stage, WorkResult.ProofChecked result) => PeerProof.Checked(state, stage, result, context),
            (PendingStage.Signing stage, WorkResult.Signed result) => OwnProofMaker.Signed(state, stage, result, context),
            (PendingStage.AnsweringEap stage, _) => EapRound.Resumed(state, stage, done.Result, context),
            (PendingStage.MakingChild stage, WorkResult.KeyPairAndSecret result) => Confirm(CreateChildSa.AfterKeyExchange(state, stage, result, context)),
            (PendingStage.RekeyingIke stage, WorkResult.KeyPairAndSecret result) => Confirm(RekeyIkeSa.AfterKeyExchange(state, stage, result, context)),
            _ => throw new UnreachableException(),
        };
    }

    // The peer's repeat, or its next request, finds an SA that is not stuck.
    private static Step RefuseFailed(IkeSaState state, DatagramPath path, in StepContext context)
    {
        if (state.IsEstablished)
        {
            return CreateChildSa.Refuse(state, path, NotifyType.TemporaryFailure, [], context);
        }

        var failed = new SaEvent.LoginFailed(
            state.LocalSpi, path, null, null, "unknown", LoginFailure.OurFault, "a sum of the handshake failed on our side");
        return Steps.End(state, Steps.Tell(failed));
    }

    private static Step OpenHeld(
        IkeSaState state, DatagramPath path, PendingStage.DerivingInitSecret waiting, SecretBytes? secret, in StepContext context)
    {
        Handshake handshake = state.Handshake!;
        handshake.Pair!.Dispose();
        if (secret is null)
        {
            const string Cause = "the peer's key exchange value fails the checks of RFC 6989";
            return Steps.End(
                state, Steps.Tell(new SaEvent.LoginFailed(state.LocalSpi, path, null, null, "unknown", LoginFailure.KeyExchangeRefused, Cause)));
        }

        IkeKeys keys;
        using (secret)
        {
            keys = KeySchedule.DeriveIke(
                handshake.Chosen, handshake.NonceInitiator, handshake.NonceResponder, secret.Reveal(), state.PeerSpi, state.LocalSpi);
        }

        Step step = Steps.Go(state with { Keys = keys, Pending = null, Handshake = handshake with { Pair = null } }, context);
        foreach (HeldDatagram held in waiting.Held)
        {
            // The first that completes the request decides; what else was held repeats it.
            if (step is { Effects.IsEmpty: true, State: { Pending: null, Phase: SaPhase.HalfOpen } ready })
            {
                step = Receive(ready, held.Path, held.Octets, context);
            }
        }

        return step;
    }

    private static Step Leased(IkeSaState state, IkeInput.AddressesLeased leased, in StepContext context)
    {
        if (state.Pending is { Stage: PendingStage.Leasing stage } pending && pending.Ticket == leased.Ticket)
        {
            return Login.Complete(state, pending.Path, stage, leased.Addresses, context);
        }

        return Steps.Go(state, context, new IkeEffect.ReturnAddresses(leased.Addresses));
    }

    // An address was taken between lease and commit: nothing was written, so the same stage asks again.
    private static Step ChooseAgain(IkeSaState state, IkeInput.CommitConflict conflict, in StepContext context)
    {
        if (conflict is { Refusal: not SessionRefusal.None, Refused: { } refused })
        {
            // Keys may have been made in the very step that was refused.
            return Login.Refuse(state with { Keys = refused.Keys }, conflict.Refusal, refused, context);
        }

        return state.Pending is { Stage: PendingStage.Leasing stage } pending
            ? Login.Lease(state, pending.Path, stage.Login, stage.Proof, context)
            : throw new InvariantException("a conflict without a lease");
    }

    private static Step TimerFired(IkeSaState state, in StepContext context)
    {
        if (state.Handshake is not { } handshake)
        {
            return context.Now < state.LeavesAt ? OwnExchange.TimerFired(state, context) : Displacing.Leave(state, context);
        }

        if (context.Now < Steps.HandshakeEndsAt(handshake, context.Policy.Times))
        {
            bool isStale = state.Window.Reassembly?.IsOver(context.Now) == true;
            return Steps.Go(isStale ? state with { Window = state.Window with { Reassembly = null } } : state, context);
        }

        return AbandonedLogin.TimedOut(state);
    }

    private static Step Recover(IkeSaState state, IkeInput.Recovered recovered, in StepContext context)
    {
        IkeSaState back = state with
        {
            IsCatchingUp = recovered.AfterOwnerChange,
            IsReached = false,
            HeardAt = recovered.HeardAt ?? Spread(state, context),
        };
        return back.Own.Pending is { } own
            ? OwnExchange.Retransmit(back, own with { Tries = -1, SentAt = context.Now }, context)
            : Steps.Go(recovered is { AfterOwnerChange: true, HeardAt: null } ? OwnDuties.Spread(back, context) : back, context);
    }

    /// <summary>Liveness after a takeover is spread over one dpd_delay, so that a node does not ask all its peers at once.</summary>
    private static Instant Spread(IkeSaState state, in StepContext context)
    {
        TimeSpan delay = context.Policy.FindConnection(state.Facts!.Connection)?.DpdDelay ?? TimeSpan.Zero;
        return context.Now - (delay * Lifetimes.Chance(context));
    }
}
