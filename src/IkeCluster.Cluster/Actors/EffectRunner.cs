using System.Diagnostics;
using IkeCluster.Cluster.Pools;
using IkeCluster.Cluster.Region;
using IkeCluster.Cluster.Tracing;
using IkeCluster.Engine;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// Carries out what steps ask for, on one loop. Sums and leases begin at once and come back as inputs, which wait here
/// for the end of the turn, so that an answer that is there at once does not run a turn inside a turn.
/// </summary>
internal sealed class EffectRunner(LoopPorts ports, Population population, CipherCache ciphers, PoolDesk pools, EventLoop loop)
{
    private readonly Queue<(SaActor Actor, IkeInput Input)> _answers = [];
    private readonly Queue<(SaActor Actor, IkeEffect.StartWork Work)> _refusedWork = [];

    /// <summary>Whom operators watch on this loop.</summary>
    public Tracer Tracer { get; } = new();

    /// <summary>The workers have more to do than their queue holds: no login is begun.</summary>
    public bool HasRefusedWork => _refusedWork.Count > 0;

    public bool TryTakeAnswer(out SaActor? actor, out IkeInput? input)
    {
        bool found = _answers.TryDequeue(out (SaActor Actor, IkeInput Input) next);
        (actor, input) = next;
        return found;
    }

    public void Answer(SaActor actor, IkeInput input) => _answers.Enqueue((actor, input));

    /// <summary>
    /// Begins what does not wait for a commit. False: no worker has room and <paramref name="mayRefuse"/>, so the step
    /// is to be forgotten; the peer will repeat what led to it.
    /// </summary>
    public bool TryStart(SaActor actor, in Step step, bool mayRefuse)
    {
        foreach (IkeEffect effect in step.Effects)
        {
            if (effect is IkeEffect.StartWork work && (HasRefusedWork || !TryStart(actor, work)))
            {
                if (mayRefuse)
                {
                    return false;
                }

                _refusedWork.Enqueue((actor, work));
            }
            else if (effect is IkeEffect.LeaseAddresses lease)
            {
                pools.Ask(new PoolTask.Lease(new PoolAsker(loop, actor, lease.Ticket), lease.Request));
            }
        }

        return true;
    }

    /// <summary>Tries again what the workers had no room for.</summary>
    public void RetryWork()
    {
        while (_refusedWork.TryPeek(out (SaActor Actor, IkeEffect.StartWork Work) first)
            && (first.Actor.IsGone || TryStart(first.Actor, first.Work)))
        {
            _refusedWork.Dequeue();
        }
    }

    /// <summary>Carries out, in order, what waited for the commit.</summary>
    public void CarryOut(SaActor actor, in Step step)
    {
        foreach (IkeEffect effect in step.Effects)
        {
            switch (effect)
            {
                case IkeEffect.StartWork or IkeEffect.LeaseAddresses:
                    break;
                case IkeEffect.Send send:
                    Tracer.Sent(actor, step, send, isSent: Send(send));
                    break;
                case IkeEffect.ReturnAddresses given:
                    pools.Return(given.Addresses, actor);
                    actor.Reserved = actor.Reserved.RemoveRange(given.Addresses);
                    break;
                case IkeEffect.InstallChild install:
                    ports.Installer.Install(install.Child, install.Path);
                    break;
                case IkeEffect.MoveChild move:
                    ports.Installer.Move(move.Child, move.Path);
                    break;
                case IkeEffect.RemoveChild remove:
                    ports.Installer.Remove(remove.Child);
                    remove.Child.Keys.Dispose();
                    break;
                case IkeEffect.Spawn spawn:
                    Spawn(actor.Shard, spawn.State);
                    break;
                case IkeEffect.Wipe wipe:
                    wipe.Secret.Dispose();
                    break;
                case IkeEffect.Report report:
                    Report(actor, report.Event);
                    break;
                default:
                    throw new UnreachableException();
            }
        }
    }

    private void Report(SaActor actor, SaEvent happened)
    {
        ports.Events.Happened(happened);
        if (happened is SaEvent.ExchangeDone { Role: "responder" } done && actor.AskedAt != Instant.Never)
        {
            ports.Events.ExchangeTook(done.Exchange, loop.Now - actor.AskedAt);
            actor.AskedAt = Instant.Never;
        }
    }

    /// <summary>False: not all of it left this host.</summary>
    public bool Send(IkeEffect.Send send)
    {
        bool isSent = true;
        foreach (byte[] datagram in send.Datagrams)
        {
            if (!ports.Sender.Send(send.Path, datagram))
            {
                ports.Events.Dropped(DropReason.SendFailed);
                isSent = false;
            }
        }

        return isSent;
    }

    /// <summary>A sum came back for an actor that is gone: what it made is wiped, and now the actor's keys can be too.</summary>
    public void Discard(SaActor gone, IkeInput input)
    {
        switch (input)
        {
            case IkeInput.WorkDone done:
                done.Result.Wipe();
                break;
            case IkeInput.AddressesLeased leased:
                pools.Return(leased.Addresses, gone);
                break;
            default:
                break;
        }
    }

    private bool TryStart(SaActor actor, IkeEffect.StartWork work)
    {
        bool started = ports.SlowWork.TryStart(work.Work, result =>
        {
            actor.SumsUnderWay--;
            Answer(actor, new IkeInput.WorkDone(work.Ticket, result));
            if (actor is { IsGone: true, SumsUnderWay: 0 })
            {
                IkeSa.Forget(actor.State, ciphers);
            }
        });
        actor.SumsUnderWay += started ? 1 : 0;
        return started;
    }

    /// <summary>An IKE rekey made another SA: its row is durable by now, and a first turn arms its timers.</summary>
    private void Spawn(Shard shard, IkeSaState state)
    {
        // The store may be quicker to list the row than to say that it has it: then the SA is back from its row already.
        if (shard.Actors.ContainsKey(state.LocalSpi) || shard.Sleeping.ContainsKey(state.LocalSpi))
        {
            IkeSa.Forget(state, ciphers);
            return;
        }

        var spawned = new SaActor(shard, state) { Row = state };
        population.Add(spawned, loop.Now);
        Answer(spawned, new IkeInput.TimerFired());
    }
}
