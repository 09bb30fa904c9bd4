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
    /// <summary>A client that makes its Child SAs one by one is through by then.</summary>
    private static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(5);

    internal static Step BeginRekey(IkeSaState state, ChildSa old, in StepContext context)
    {
        KeyExchangeMethod group = FirstGroup(state, old, old.Name, context);
        return Begin(state, OwnRequestKind.RekeyChild, old.InboundSpi, old.Name, group, context);
    }

    /// <summary>A child that this side wants: gone by now from the configuration, there already, or asked for.</summary>
    internal static Step BeginWanted(IkeSaState state, WantedChild wanted, in StepContext context)
    {
        ChildPolicy? policy = context.Policy.FindChild(state.Facts!.Connection, wanted.Name);
        bool isThere = state.Children.Any(child => !child.IsRekeyed && string.Equals(child.Name, wanted.Name, StringComparison.Ordinal));
        return policy is null || isThere
            ? Steps.Commit(Forget(state, wanted.Name), context)
            : Begin(state, OwnRequestKind.CreateChild, default, wanted.Name, FirstGroup(state, null, wanted.Name, context), context);
    }

    // What the section says now; where a reload took it away, what is in use.
    private static KeyExchangeMethod FirstGroup(IkeSaState state, ChildSa? old, string name, in StepContext context) =>
        context.Policy.FindChild(state.Facts!.Connection, name)?.EspProposals[0].KeyExchange ?? old?.Proposal.KeyExchange ?? KeyExchangeMethod.None;

    /// <summary>The key pair is there; what it was made for may be gone, or replaced by the peer meanwhile.</summary>
    internal static Step AfterKeyPair(IkeSaState state, OwnDraft draft, KeyExchange pair, in StepContext context)
    {
        IkeSaState free = state with { Own = state.Own with { Draft = null } };
        return state.Phase == SaPhase.Established
            ? Ask(free, draft.Kind, draft.Child, draft.ChildName, pair, context)
            : Steps.Go(free, context);
    }

    internal static Step Answered(IkeSaState state, OwnRequest own, InnerMessage answer, SecretBytes? secret, in StepContext context)
    {
        // The SA is on its way out: what the peer may have made goes with it.
        if (state.Phase != SaPhase.Established)
        {
            return OwnDelete.SendNext(state, context, Steps.Done(own.Exchange, "ended", "initiator"));
        }

        // RFC 7296 §2.5: an answer with a critical payload that is not understood counts for nothing.
        if (!PayloadIndex.TryRead(answer.First, answer.Chain, out PayloadIndex payloads, out _) || payloads.UnsupportedCritical != PayloadType.None)
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
        if (OwnChildOffer.For(state, kind, Find(state, child), name, context) is not { } wish)
        {
            // Meanwhile the peer replaced it, somebody ended it, or a reload took its section away; or the peer has no address
            // that a new one could be for.
            return Steps.Go(kind == OwnRequestKind.CreateChild ? Forget(state, name) : state, context);
        }

        InnerMessage request = OwnChildOffer.Write(wish, pair, context);
        var offer = new OwnOffer(request, pair is null ? null : SecretBytes.CopyOf(pair.Seed.Reveal()), name);
        return OwnExchange.Send(state, kind, child, offer, context);
    }

    private static Step Complete(IkeSaState state, OwnRequest own, ChildSa made, in StepContext context)
    {
        ChildSa? old = Find(state, own.Child);

        // An order to delete what is being rekeyed means the one that takes its place as well.
        made = old is { IsRekeyed: false, IsToBeDeleted: true } ? made with { IsToBeDeleted = true } : made;
        ImmutableArray<ChildSa> children = old is null
            ? state.Children.Add(made)
            : state.Children.Replace(old, old with { IsRekeyed = true, IsToBeDeleted = true }).Add(made);
        IkeSaState next = Forget(state, made.Name) with { Children = children };
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
            Step won = Complete(kept, own, made with { IsToBeDeleted = rival.IsToBeDeleted }, context);
            return won with { Effects = won.Effects.Add(told) };
        }

        made.Keys.Dispose();
        Step lost = OwnDelete.SendChild(state, made.InboundSpi, context);
        return lost with { Effects = [.. lost.Effects, told, Steps.Done(own.Exchange, "redundant", "initiator")] };
    }

    private static Step Refused(IkeSaState state, OwnRequest own, NotifyType error, in PayloadIndex payloads, in StepContext context)
    {
        IkeEffect done = Steps.Done(own.Exchange, error, "initiator");
        string name = own.Offer!.ChildName;
        ChildSa? old = Find(state, own.Child);
        if (own.Kind == OwnRequestKind.RekeyChild && error == NotifyType.ChildSaNotFound && old is not null && !IsYoung(old, context))
        {
            return Lost(state, old, isReplaced: own.Rival is not null, done, context);
        }

        if (own.Kind == OwnRequestKind.RekeyChild && old is not { IsRekeyed: false })
        {
            return OwnDelete.SendNext(state, context, done);
        }

        if (OwnChildAnswer.OtherGroup(own.Offer!, FirstGroup(state, old, name, context), error, payloads) is { } group)
        {
            Step again = Begin(state, own.Kind, own.Child, name, group, context);
            return again with { Effects = again.Effects.Add(done) };
        }

        IkeSaState next = Postpone(state, own.Child, name, context);
        return OwnDelete.SendNext(next, context, Tell(next, own, error), done);
    }

    /// <summary>
    /// RFC 7296 §2.25.1: the peer has no such child any more, so it goes without a Delete, and a new one takes its place
    /// unless the peer has made that already.
    /// </summary>
    private static Step Lost(IkeSaState state, ChildSa old, bool isReplaced, IkeEffect done, in StepContext context)
    {
        IkeSaState next = state with { Children = state.Children.Remove(old) };
        next = isReplaced || old.IsToBeDeleted ? next : Want(next, old.Name, context.Now);
        return OwnDelete.SendNext(
            next, context, new IkeEffect.RemoveChild(old), Steps.Tell(new SaEvent.ChildRemoved(next, old, ChildEndCause.PeerHasNone)), done);
    }

    // The peer asked for it a moment ago, and may have none because our answer has not come through yet.
    private static bool IsYoung(ChildSa child, in StepContext context) =>
        !child.IsInitiator && context.Now - child.InstalledAt < Steps.RekeyedLinger;

    /// <summary>
    /// An authentic answer that makes no child here may have made one there: it is deleted by the SPI that we named, and
    /// the old child stays.
    /// </summary>
    private static Step Discard(IkeSaState state, OwnRequest own, in StepContext context)
    {
        IkeSaState next = Postpone(state, own.Child, own.Offer!.ChildName, context);
        Step step = OwnDelete.SendChild(next, own.Offer!.ChildSpi(), context);
        return step with { Effects = [.. step.Effects, Tell(next, own, NotifyType.None), Steps.Done(own.Exchange, "Malformed", "initiator")] };
    }

    /// <summary>Of a state that is postponed already.</summary>
    private static IkeEffect Tell(IkeSaState state, OwnRequest own, NotifyType why)
    {
        string name = own.Offer!.ChildName;
        ChildSa? old = Find(state, own.Child);
        Instant retryAt = old?.RekeyAt ?? FindWanted(state, name)?.At ?? Instant.Never;
        return Steps.Tell(new SaEvent.PeerRefused(state, own.Kind, name, why, retryAt, old?.ExpireAt ?? Instant.Never));
    }

    /// <summary>What did not succeed is asked again, later each time; an old child's hard lifetime goes on.</summary>
    internal static IkeSaState Postpone(IkeSaState state, EspSpi child, string name, in StepContext context)
    {
        if (Find(state, child) is { } old)
        {
            byte tries = Next(old.RekeyTries);
            ChildSa later = old with { RekeyTries = tries, RekeyAt = Lifetimes.RetryAt(tries, context) };
            return state with { Children = state.Children.Replace(old, later) };
        }

        if (FindWanted(state, name) is not { } wanted)
        {
            return state;
        }

        byte refusals = Next(wanted.Tries);
        Instant at = Lifetimes.RetryAt(refusals, context);
        return Put(state, wanted with { At = at, Tries = refusals });
    }

    /// <summary>A Child SA of that section is to be made by us from then on, unless there is one.</summary>
    private static IkeSaState Want(IkeSaState state, string name, Instant at) => FindWanted(state, name) switch
    {
        null => Put(state, new WantedChild(name, at)),
        { At: var never } rested when never == Instant.Never => Put(state, rested with { At = at }),
        _ => state,
    };

    /// <summary>
    /// The first time at once, then later each time and in the end no more, as after refusals; a child that lasted for a while
    /// begins anew.
    /// </summary>
    private static IkeSaState WantAgain(IkeSaState state, ChildSa gone, in StepContext context)
    {
        bool hasLasted = context.Now - gone.InstalledAt >= Lifetimes.LongestRetry;
        byte tries = hasLasted ? (byte)0 : FindWanted(state, gone.Name)?.Tries ?? 0;
        return Put(state, new WantedChild(gone.Name, tries == 0 ? context.Now : Lifetimes.RetryAt(tries, context), Next(tries)));
    }

    private static IkeSaState Put(IkeSaState state, WantedChild wanted) => state with
    {
        Own = state.Own with { Wanted = state.Own.Wanted.RemoveAll(one => IsOf(one, wanted.Name)).Add(wanted) },
    };

    /// <summary>
    /// <c>start_action: start</c>: what the client has not made by itself a little after its login is made by us.
    /// </summary>
    internal static OwnRequests AfterLogin(ConnectionPolicy connection, Instant now) => OwnRequests.None with
    {
        Wanted = [.. connection.Children.Where(child => child.StartsItself).Select(child => new WantedChild(child.Name, now + StartGrace))],
    };

    /// <summary><c>close_action: start</c>: what the peer has deleted, and not replaced, is made again.</summary>
    internal static IkeSaState Restart(IkeSaState state, IEnumerable<ChildSa> gone, in StepContext context)
    {
        foreach (ChildSa child in gone)
        {
            bool isMeant = !child.IsRekeyed && !child.IsToBeDeleted
                && context.Policy.FindChild(state.Facts!.Connection, child.Name) is { RestartsItself: true };
            state = isMeant ? WantAgain(state, child, context) : state;
        }

        return state;
    }

    /// <summary>Nothing more is to be done for it; how often it took is remembered.</summary>
    private static IkeSaState Forget(IkeSaState state, string name) => FindWanted(state, name) switch
    {
        null => state,
        { Tries: > 0 } tried => Put(state, tried with { At = Instant.Never }),
        { } done => state with { Own = state.Own with { Wanted = state.Own.Wanted.Remove(done) } },
    };

    private static WantedChild? FindWanted(IkeSaState state, string name) => state.Own.Wanted.FirstOrDefault(one => IsOf(one, name));

    private static bool IsOf(WantedChild wanted, string name) => string.Equals(wanted.Name, name, StringComparison.Ordinal);

    private static byte Next(byte tries) => tries == byte.MaxValue ? tries : (byte)(tries + 1);

    private static ChildSa? Find(IkeSaState state, EspSpi inbound) =>
        state.Children.FirstOrDefault(child => child.InboundSpi == inbound);
}
