using IkeCluster.Cluster.Actors;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Commit;
using IkeCluster.Engine;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>
/// Who is in memory on one loop: actors come, change phase, fall asleep and go, and everything that counts or finds
/// them is kept in step here.
/// </summary>
internal sealed class Population(ShardRegion region, FrontDoor door, CipherCache ciphers, TimeSpan passivateAfter, Instant now)
{
    private readonly Passivation _passivation = new(passivateAfter);
    private long _childSas;
    private long _inMemory;
    private long _lingering;

    public TimerWheel<SaKey> Wheel { get; } = new(now);

    public HalfOpenIndex HalfOpen { get; } = new();

    public LoopCounters Counters { get; } = new();

    /// <summary>When a timer or the next passivation is due.</summary>
    public Instant NextDeadline =>
        Wheel.Next < _passivation.NextDeadline ? Wheel.Next : _passivation.NextDeadline;

    public void AddHalfOpen(SaActor actor, HalfOpenOrigin origin)
    {
        actor.Origin = origin;
        HalfOpen.Add(origin.Init, actor);
        door.HalfOpenAdded(origin.Init.Source, origin.IsCookied);
        Add(actor, now: actor.LastActive);
    }

    /// <summary>Its source has as many half-open SAs beside this one, or failed logins, as it may have; false once it has logged in.</summary>
    public bool IsSourceFull(SaActor actor, Instant now) =>
        actor.Origin is { } origin && !door.HasLoginRoom(origin.Init.Source, origin.IsCounted, now);

    /// <summary>An actor whose row there is: made by an IKE rekey, or read back.</summary>
    public void Add(SaActor actor, Instant now)
    {
        actor.Shard.Actors.Add(actor.Spi, actor);
        actor.Shard.ChildrenChanged(actor.Spi, before: null, actor.State);
        _inMemory++;
        _lingering += IsReplaced(actor.State) ? 1 : 0;
        _childSas += actor.State.Children.Length;
        Touch(actor, now);
    }

    /// <summary>Takes over the state that a step returned, and its wish to be woken.</summary>
    public void Change(SaActor actor, IkeSaState next, Instant wakeAt)
    {
        IkeSaState before = actor.State;
        actor.State = next;
        _lingering += (IsReplaced(next) ? 1 : 0) - (IsReplaced(before) ? 1 : 0);
        if (before.Children != next.Children)
        {
            actor.Shard.ChildrenChanged(actor.Spi, before, next);
            _childSas += next.Children.Length - before.Children.Length;
        }

        if (next.IsEstablished && actor.Origin is { } origin)
        {
            door.LoginSucceeded(origin.Init.Source, origin.IsCookied, origin.IsProved);
            ForgetOrigin(actor, origin);
            _passivation.Touch(actor, actor.LastActive);
        }

        if (next.Handshake is { IsAddressProved: true } && actor.Origin is { IsProved: false } unproved)
        {
            door.AddressProved(unproved.Init.Source, unproved.IsCookied);
            actor.Origin = unproved with { IsProved = true };
        }

        if (wakeAt != actor.WakeAt)
        {
            Wheel.Cancel(actor.Timer);
            actor.Timer = Wheel.Set(wakeAt, actor.Key);
            actor.WakeAt = wakeAt;
        }
    }

    /// <summary>The actor had a turn. Half-open ones have a deadline anyway and do not fall asleep.</summary>
    public void Touch(SaActor actor, Instant now)
    {
        actor.LastActive = now;
        if (actor.State.IsEstablished)
        {
            _passivation.Touch(actor, now);
        }
    }

    /// <summary>The actor is over, or has to come back from its row.</summary>
    public void Remove(SaActor actor)
    {
        Wheel.Cancel(actor.Timer);
        if (actor.Origin is { } origin)
        {
            door.HalfOpenRemoved(origin.Init.Source, origin.IsCounted);
            if (origin.IsProved)
            {
                door.LoginFailed(origin.Init.Source, actor.LastActive);
            }

            ForgetOrigin(actor, origin);
        }

        actor.Shard.ChildrenChanged(actor.Spi, actor.State, after: null);
        _childSas -= actor.State.Children.Length;
        Leave(actor);
    }

    /// <summary>Lets one actor fall asleep that has been idle long enough; false when there is none.</summary>
    public bool TryPassivate(Instant now)
    {
        if (_passivation.FindIdle(now) is not { } idle)
        {
            return false;
        }

        if (!Passivation.CanSleep(idle, now, out bool isAhead))
        {
            _passivation.Touch(idle, now);
            return true;
        }

        // Its entry in the wheel stays, and so do its children's SPIs.
        idle.Shard.Sleeping.Add(idle.Spi, new SleepingSa(idle.Timer, isAhead, idle.State.Children.Length, idle.State.HeardAt));
        Leave(idle);
        return true;
    }

    /// <summary>A sleeping SA is in memory again, or gone; false where it was not asleep.</summary>
    public bool TryWake(Shard shard, IkeSpi spi, out SleepingSa sleeping)
    {
        if (!shard.Sleeping.Remove(spi, out sleeping))
        {
            return false;
        }

        Wheel.Cancel(sleeping.Timer);
        _childSas -= sleeping.Children;
        return true;
    }

    /// <summary>The actor is left alone until a deadline, and read back then (see <see cref="Supervisor"/>).</summary>
    public void LetSleepUntil(Shard shard, IkeSpi spi, Instant until)
    {
        TryWake(shard, spi, out _);
        shard.Sleeping[spi] = new SleepingSa(Wheel.Set(until, new SaKey(shard.Id, spi)), IsAhead: true, Children: 0, HeardAt: null);
    }

    /// <summary>The store cannot be asked now: a sleeping SA whose deadline has come tries again soon.</summary>
    public void SnoozeAgain(Shard shard, IkeSpi spi, Instant until)
    {
        if (shard.Sleeping.TryGetValue(spi, out SleepingSa sleeping))
        {
            Wheel.Cancel(sleeping.Timer);
            TimerHandle timer = Wheel.Set(until, new SaKey(shard.Id, spi));
            shard.Sleeping[spi] = sleeping with { Timer = timer };
        }
    }

    /// <summary>Wipes the keys of everybody; nothing runs any more.</summary>
    public void ForgetAll()
    {
        foreach (SaActor actor in region.Shards.SelectMany(shard => shard.Actors.Values).Where(actor => actor.SumsUnderWay == 0))
        {
            IkeSa.Forget(actor.State, ciphers);
        }
    }

    public void Publish(Outbox outbox, int shardsToLoad)
    {
        Counters.IsStoreAway = outbox.IsInTrouble;
        Counters.HalfOpen = HalfOpen.Count;
        Counters.Established = region.LiveCount - _lingering;
        Counters.ChildSas = _childSas;
        Counters.InMemory = _inMemory;
        Counters.CommitsWaiting = outbox.Waiting;
        Counters.ShardsToLoad = shardsToLoad;
    }

    private static bool IsReplaced(IkeSaState state) => state.Phase == SaPhase.Rekeyed;

    private void ForgetOrigin(SaActor actor, HalfOpenOrigin origin)
    {
        HalfOpen.Remove(origin.Init);
        actor.Origin = null;
    }

    private void Leave(SaActor actor)
    {
        _passivation.Remove(actor);
        actor.Shard.Actors.Remove(actor.Spi);
        actor.IsGone = true;
        _inMemory--;
        _lingering -= IsReplaced(actor.State) ? 1 : 0;
        if (actor.SumsUnderWay == 0)
        {
            IkeSa.Forget(actor.State, ciphers);
        }
    }
}
