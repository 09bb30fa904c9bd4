using System.Collections.Immutable;
using System.Diagnostics;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>
/// Carries out what the <see cref="Supervisor"/> decides: an actor that threw leaves memory, and its SA comes back from
/// its row, comes back later, or ends.
/// </summary>
internal sealed class Supervision(LoopPorts ports, ISaMachine machine, Population population, Outbox outbox, EventLoop loop)
{
    private readonly Supervisor _supervisor = new();

    public bool IsQuarantined(IkeSpi spi) => _supervisor.IsQuarantined(spi, loop.Now);

    /// <summary>The SA has thrown lately: a row that was read before is not to be trusted.</summary>
    public bool Knows(IkeSpi spi) => _supervisor.Knows(spi);

    /// <summary>
    /// The actor threw. <paramref name="shape"/> says what it was doing, in words that hold nothing of a peer's.
    /// </summary>
    public void Fault(SaActor actor, Exception fault, string shape)
    {
        if (actor.IsGone)
        {
            ports.Events.Faulted(actor.Spi, fault, "gone", shape);
            return;
        }

        IkeSaState? row = actor.Row;
        loop.Remove(actor);
        if (row is null || !actor.Shard.MayHaveRow(actor.Spi))
        {
            ports.Events.Faulted(actor.Spi, fault, "dropped", shape);
            return;
        }

        FaultAction action = _supervisor.Judge(actor.Spi, loop.Now);
        ports.Events.Faulted(actor.Spi, fault, WordOf(action), shape);
        if (action == FaultAction.Delete)
        {
            Delete(actor, row);
        }
        else
        {
            // Read back by its next datagram, or by this deadline: at once, or when the quarantine is over.
            population.LetSleepUntil(actor.Shard, actor.Spi, _supervisor.BackAt(actor.Spi, loop.Now));
        }
    }

    /// <summary>The state in a row; null, and a quarantine, where it cannot be read. Such a row is never deleted.</summary>
    public IkeSaState? Read(Shard shard, SaRow row)
    {
        IkeSaState? state = null;
        try
        {
            state = machine.TryReadSnapshot(row.Snapshot.Span, row.RowVersion, out string fault);
            if (state is null)
            {
                ports.Events.StoreTrouble($"the row of {row.LocalSpi} cannot be read: {fault}");
            }
        }
        catch (Exception fault)
        {
            ports.Events.Faulted(row.LocalSpi, fault, "quarantined", $"row of {row.Snapshot.Length} octets");
        }
        finally
        {
            row.Wipe();
        }

        if (state is null)
        {
            population.LetSleepUntil(shard, row.LocalSpi, _supervisor.Quarantine(row.LocalSpi, loop.Now));
        }

        return state;
    }

    private static string WordOf(FaultAction action) => action switch
    {
        FaultAction.Recover => "recovered",
        FaultAction.Quarantine => "quarantined",
        FaultAction.Delete => "deleted",
        _ => throw new UnreachableException(),
    };

    /// <summary>A tombstone, and the SA's end in the audit record once it is durable.</summary>
    private void Delete(SaActor gone, IkeSaState last)
    {
        ImmutableArray<SaWrite> writes = [new SaWrite(SaWriteKind.Delete, last with { RowVersion = last.RowVersion + 1 })];
        ImmutableArray<IkeEffect> farewell =
        [
            .. last.Children.Select(child => new IkeEffect.RemoveChild(child)),
            new IkeEffect.Report(new SaEvent.Ended(last, EndCause.Failed)),
        ];
        var step = new Step(null, farewell, writes, Instant.Never, DropReason.None);
        outbox.Add(new HeldStep(CommitMaker.Make(gone.Shard, writes, machine), gone, step));
    }
}
