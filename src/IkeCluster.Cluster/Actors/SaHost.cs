using System.Collections.Immutable;
using System.Diagnostics;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Cluster.Tracing;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// Runs the turns of the actors of one loop (STYLE rule 15): one input, no await, no lock, no reach into another actor.
/// A step that writes is held until the store has it; an actor that throws is dropped, and its neighbours never notice.
/// </summary>
internal sealed class SaHost(
    LoopPorts ports, ISaMachine machine, PolicySet policy, Population population, ShardRegion region, Outbox outbox,
    CommitLedger ledger, RowReader rows, EffectRunner effects, Supervision supervision, Evictions evictions, PoolDesk pools,
    CipherCache ciphers, EventLoop loop)
{
    private readonly Farewells _farewells = new();

    public PolicySet Policy { get; set; } = policy;

    public Tracer Tracer => effects.Tracer;

    /// <summary>No further IKE_SA_INIT is served; at most it is sent elsewhere.</summary>
    public bool IsDraining { get; set; }

    /// <summary>There is more to do than time or room: no login is begun.</summary>
    public bool IsOverloaded => outbox.IsFull || effects.HasRefusedWork;

    /// <summary>An IKE_SA_INIT that the front door let in: a repeat, or a new SA in a shard of this loop.</summary>
    public void Begin(DatagramPath path, Memory<byte> message, bool hadValidCookie)
    {
        InitKey init = InitKey.Of(message.Span, path.Remote.Address);
        if (population.HalfOpen.TryFind(init, out SaActor? first))
        {
            Turn(first, new IkeInput.Datagram(path, message));
            return;
        }

        // A node that drains has one thing left to say to strangers: where to go (RFC 5685).
        bool hasAnswer = !IsDraining || Policy.Redirect.ForNewClient(IsDraining) is not null;
        if (!hasAnswer || IsOverloaded)
        {
            Dropped(DropReason.Overload);
            return;
        }

        if (region.NextForInit() is not { } shard)
        {
            Dropped(DropReason.ShardNotOwned);
            return;
        }

        Begin(path, message.Span, shard, new HalfOpenOrigin(init, hadValidCookie));
    }

    /// <summary>A datagram for an SPI of a shard that this loop owns.</summary>
    public void Deliver(SaKey key, DatagramPath path, Memory<byte> message, bool isLogin)
    {
        if (region.Find(key.Shard) is not { } shard)
        {
            Dropped(DropReason.ShardNotOwned);
        }
        else if (supervision.IsQuarantined(key.Spi))
        {
            Dropped(DropReason.Quarantined);
        }
        else if (shard.Actors.TryGetValue(key.Spi, out SaActor? actor))
        {
            Deliver(actor, path, message, isLogin);
        }
        else if (_farewells.Count > 0 && _farewells.TryFind(key.Spi, message.Span, path.Remote.Address, loop.Now, out ImmutableArray<byte[]> answer))
        {
            effects.Send(new IkeEffect.Send(path, answer));
        }
        else if (!shard.MayHaveRow(key.Spi))
        {
            loop.DropDead(path, message.Span);
        }
        else if (rows.Load(shard, key.Spi)?.TryWait(path, message.Span, loop.Packets) != true)
        {
            Dropped(DropReason.RateLimited);
        }
    }

    /// <summary>One turn, or a place in the queue while a commit is in flight.</summary>
    public void Turn(SaActor actor, IkeInput input)
    {
        if (actor.IsFrozen)
        {
            Wait(actor, input);
            return;
        }

        AskedAs asked = RequestBudget.Classify(actor.State, input);
        if (actor.Asked.Judge(asked, Policy.Limits, loop.Now) is var refused and not DropReason.None)
        {
            Tracer.Dropped(actor, input, refused);
            Dropped(refused);
            return;
        }

        try
        {
            TurnTrace? trace = Tracer.Begin(loop.Now);
            Step step = machine.Next(actor.State, input, Context(actor.Shard) with { Trace = trace, IsSourceFull = population.IsSourceFull(actor, loop.Now) });
            if (trace is not null)
            {
                Tracer.Turned(trace, actor, input, step);
            }

            actor.Asked.Spend(asked, step, Policy.Limits, loop.Now);
            Settle(actor, input, step);
        }
        catch (Exception fault)
        {
            supervision.Fault(actor, fault, input is IkeInput.Datagram datagram ? DatagramShape.Describe(datagram.Message.Span) : input.GetType().Name);
        }
    }

    /// <summary>Inputs that came while turns ran: sums that were done at once, leases, first turns of spawned SAs.</summary>
    public void RunAnswers()
    {
        while (effects.TryTakeAnswer(out SaActor? actor, out IkeInput? input))
        {
            if (actor!.IsGone)
            {
                effects.Discard(actor, input!);
                continue;
            }

            if (input is IkeInput.AddressesLeased leased)
            {
                actor.Reserved = actor.Reserved.AddRange(leased.Addresses);
            }

            Turn(actor, input!);
        }
    }

    /// <summary>A deadline of the wheel has come.</summary>
    public void TimerDue(SaKey key)
    {
        if (region.Find(key.Shard) is not { } shard)
        {
            return;
        }

        if (shard.Actors.TryGetValue(key.Spi, out SaActor? actor))
        {
            (actor.Timer, actor.WakeAt) = (default, Instant.Never);

            // A request of ours is written before it is sent. While nothing can be written, asking would only freeze an SA
            // that can still answer its peer.
            if (outbox.IsInTrouble && actor is { IsFrozen: false, State: { IsEstablished: true, Own.Pending: null } })
            {
                population.Change(actor, actor.State, loop.Now + BackgroundLoad.RetryAfter);
                return;
            }

            Turn(actor, new IkeInput.TimerFired());
        }
        else if (shard.Sleeping.ContainsKey(key.Spi) && rows.Load(shard, key.Spi)?.TryWait(new IkeInput.TimerFired()) != true)
        {
            population.SnoozeAgain(shard, key.Spi, loop.Now + BackgroundLoad.RetryAfter);
        }
    }

    /// <summary>
    /// An operator's order about an SA, or about the Child SAs of one name; false where this loop has none of that SPI.
    /// </summary>
    public bool Order(SaKey key, IkeInput order, string? childName)
    {
        if (region.Find(key.Shard) is not { } shard)
        {
            return false;
        }

        if (!shard.Actors.TryGetValue(key.Spi, out SaActor? actor))
        {
            return shard.Live.Contains(key.Spi) && rows.Load(shard, key.Spi)?.TryWait(order) == true;
        }

        if (childName is not null && !actor.State.Children.Any(child => string.Equals(child.Name, childName, StringComparison.Ordinal)))
        {
            return false;
        }

        Turn(actor, order);
        return true;
    }

    /// <summary>The data plane's word about a Child SA; of one that is gone meanwhile nothing follows.</summary>
    public void ChildExpiring(ShardId id, IkeInput.ChildExpiring expiring)
    {
        if (region.Find(id) is { } shard && shard.OwnerOf(expiring.InboundSpi) is { } owner)
        {
            Order(new SaKey(id, owner), expiring, childName: null);
        }
    }

    /// <summary>The client of an SA is to be sent elsewhere; false: its row cannot be asked for now.</summary>
    public bool Redirect(SaKey key)
    {
        if (region.Find(key.Shard) is not { } shard || !shard.Live.Contains(key.Spi))
        {
            return true;
        }

        var order = new IkeInput.Redirect();
        if (!shard.Actors.TryGetValue(key.Spi, out SaActor? actor))
        {
            return rows.Load(shard, key.Spi)?.TryWait(order) == true;
        }

        Turn(actor, order);
        return true;
    }

    /// <summary>A later login put an SA of this loop out.</summary>
    public void Displace(SaKey key, Displacement how)
    {
        if (evictions.Find(key, how) is { } actor)
        {
            actor.Displace(how);
            TakeTurns(actor);
        }
    }

    /// <summary>The store has said what became of a step.</summary>
    public void Settled(SettledStep settled)
    {
        HeldStep held = settled.Held;
        held.Commit.Wipe();
        Shard shard = held.Actor.Shard;
        if (!ReferenceEquals(region.Find(shard.Id), shard))
        {
            return;
        }

        switch (settled.Outcome.Kind)
        {
            case SaOutcomeKind.Committed:
                Committed(shard, held, settled.Outcome.Displaced);
                break;
            case SaOutcomeKind.Fenced:
                Abandon(shard);
                break;
            case SaOutcomeKind.Conflict:
                Conflicted(held, settled.Outcome);
                break;
            default:
                throw new UnreachableException();
        }
    }

    private StepContext Context(Shard shard) => new(loop.Now, ports.Entropy, shard, Policy, ciphers, IsDraining);

    private void Begin(DatagramPath path, ReadOnlySpan<byte> message, Shard shard, HalfOpenOrigin origin)
    {
        try
        {
            TurnTrace? trace = Tracer.Begin(loop.Now);
            InitVerdict verdict = machine.Begin(path, message, Context(shard) with { Trace = trace });
            SaActor? actor = verdict.Accepted is { } step ? Accept(step, shard, origin) : null;
            if (trace is not null)
            {
                Tracer.Begun(trace, actor, path, message, verdict);
            }

            if (verdict.Accepted is not null)
            {
                return;
            }

            if (verdict.Refusal is { } refusal)
            {
                ports.Sender.Send(path, refusal);
                ports.Events.Happened(new SaEvent.ExchangeDone("ike_sa_init", "responder", $"{verdict.RefusedWith}"));
                ports.Events.Happened(new SaEvent.InitRefused(path, verdict.RefusedWith, verdict.Cause));
            }
            else
            {
                Dropped(verdict.Drop);
            }
        }
        catch (Exception fault)
        {
            ports.Events.Faulted(IkeSpi.Zero, fault, "datagram dropped", DatagramShape.Describe(message));
        }
    }

    /// <summary>Null: there is no room for its sums.</summary>
    private SaActor? Accept(in Step step, Shard shard, HalfOpenOrigin origin)
    {
        var actor = new SaActor(shard, step.State!) { LastActive = loop.Now, AskedAt = loop.Now };
        if (!effects.TryStart(actor, step, mayRefuse: true))
        {
            Dropped(DropReason.Overload);
            return null;
        }

        population.AddHalfOpen(actor, origin);
        Adopt(actor, step);
        return actor;
    }

    /// <summary>A datagram for an SA that is in memory.</summary>
    public void Deliver(SaActor actor, DatagramPath path, Memory<byte> message, bool isLogin)
    {
        if (actor.IsFrozen)
        {
            Dropped(DropReason.Frozen);
        }
        else if (isLogin && IsOverloaded)
        {
            Dropped(DropReason.Overload);
        }
        else
        {
            Turn(actor, new IkeInput.Datagram(path, message));
        }
    }

    private void Wait(SaActor actor, IkeInput input)
    {
        // A peer's repeat costs nothing; an answer that finds no room ends in a fault, because nobody repeats it.
        if (input is IkeInput.Datagram)
        {
            Dropped(DropReason.Frozen);
        }
        else if (!actor.TryWait(input) && input is not (IkeInput.Terminate or IkeInput.Redirect or IkeInput.Rekey or IkeInput.ChildExpiring))
        {
            supervision.Fault(actor, new InvariantException("answers wait within bounds"), input.GetType().Name);
        }
    }

    private void Settle(SaActor actor, IkeInput input, in Step step)
    {
        if (!effects.TryStart(actor, step, mayRefuse: input is IkeInput.Datagram))
        {
            Dropped(DropReason.Overload);
            return;
        }

        if (step.IsDrop)
        {
            Dropped(step.Drop);
        }
        else
        {
            population.Touch(actor, loop.Now);
            // A repeat changes nothing and ends no exchange, so it begins none.
            bool begins = input is IkeInput.Datagram && actor.AskedAt == Instant.Never && !ReferenceEquals(step.State, actor.State);
            actor.AskedAt = begins ? loop.Now : actor.AskedAt;
            actor.LastTaken = input is IkeInput.Datagram taken ? RequestMark.Of(taken.Message.Span) : actor.LastTaken;
        }

        if (step.Writes.IsEmpty)
        {
            Adopt(actor, step);
        }
        else
        {
            Evictions.Expect(actor, step.Writes);
            actor.Held = new HeldStep(CommitMaker.Make(actor.Shard, step.Writes, machine), actor, step);
            outbox.Add(actor.Held);
        }
    }

    /// <summary>The step counts from here on: nothing was to be written, or it is durable.</summary>
    private void Adopt(SaActor actor, in Step step)
    {
        if (step.State is { } next && !actor.IsGone)
        {
            population.Change(actor, next, step.WakeAt);
        }

        effects.CarryOut(actor, step);
        if (step.State is null && !actor.IsGone)
        {
            loop.Remove(actor);
            _farewells.Add(actor.Spi, actor.LastTaken, step, actor.State.IsEstablished ? null : actor.State.Path.Remote.Address, loop.Now);
        }
    }

    private void Committed(Shard shard, HeldStep held, ImmutableArray<DisplacedSa> displaced)
    {
        ledger.Written(shard, held.Step.Writes);
        SaActor actor = held.Actor;
        actor.Held = null;
        actor.Reserved = [];
        actor.Conflicts = 0;
        try
        {
            Adopt(actor, held.Step);
        }
        catch (Exception fault)
        {
            supervision.Fault(actor, fault, "after its commit");
        }

        TakeTurns(actor);
        foreach ((SaKey key, Displacement how) in evictions.Settle(shard, held.Step.Writes, displaced))
        {
            Displace(key, how);
        }
    }

    private void Conflicted(HeldStep held, in SaOutcome outcome)
    {
        SaActor actor = held.Actor;
        evictions.Settle(actor.Shard, held.Step.Writes, []);
        if (outcome.Refusal == SessionRefusal.None)
        {
            ports.Events.StoreTrouble(outcome.Detail ?? "a commit met another's");
        }

        actor.Held = null;
        if (actor.IsGone)
        {
            return;
        }

        GiveBack(actor, outcome.Clash);
        if (++actor.Conflicts > SaActor.ConflictsMax)
        {
            supervision.Fault(actor, new InvariantException("a commit is not refused again and again"), "after a conflict");
            return;
        }

        IkeSaState kept = actor.State;
        Turn(actor, new IkeInput.CommitConflict(outcome.Refusal, held.Step.State));
        TakeTurns(actor);
        ForgetLogin(held.Step.State, kept);
    }

    /// <summary>The secrets of an SA that was not to be.</summary>
    private void ForgetLogin(IkeSaState? refused, IkeSaState kept)
    {
        if (refused is not null && !kept.IsEstablished)
        {
            IkeSa.Forget(ReferenceEquals(refused.Keys, kept.Keys) ? refused with { Keys = null } : refused, ciphers);
        }
    }

    /// <summary>What was leased for a commit that was refused. An address that another SA holds is not chosen again.</summary>
    private void GiveBack(SaActor actor, LeasedAddress? clash)
    {
        if (clash is { } taken && actor.Reserved.Contains(taken))
        {
            pools.Ask(new PoolTask.Distrust(taken, actor.Spi));
            actor.Reserved = actor.Reserved.Remove(taken);
        }

        pools.Return(actor.Reserved, actor);
        actor.Reserved = [];
    }

    /// <summary>What waited while the actor was frozen, and a mark that it was told of.</summary>
    public void TakeTurns(SaActor actor)
    {
        while (actor is { IsGone: false, IsFrozen: false } && actor.NextWaiting() is { } input)
        {
            Turn(actor, input);
        }
    }

    /// <summary>Another node owns the shard: this one falls silent about it at once.</summary>
    private void Abandon(Shard shard)
    {
        loop.Map.Abandon(shard.Id);
        region.Remove(shard);
        foreach (SaActor actor in shard.Actors.Values.ToArray())
        {
            loop.Remove(actor);
        }

        foreach (IkeSpi spi in shard.Sleeping.Keys.ToArray())
        {
            population.TryWake(shard, spi, out _);
        }
    }

    private void Dropped(DropReason reason) => ports.Events.Dropped(reason);
}
