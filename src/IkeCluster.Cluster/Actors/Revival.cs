using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Actors;

/// <summary>SAs that come back from their rows: because somebody asks for them, or because the shard was taken.</summary>
internal sealed class Revival(
    LoopPorts ports, Population population, ShardRegion region, RowReader rows, Supervision supervision, SaHost host, EventLoop loop)
{
    /// <summary>A row that was asked for has been read.</summary>
    public void Loaded(LoadingSa loaded)
    {
        bool isRead = loaded.Call.TryTake(out SaRow? row, out string? fault);
        bool isOurs = ReferenceEquals(region.Find(loaded.Shard.Id), loaded.Shard);
        SaActor? actor = isOurs ? loaded.Shard.Actors.GetValueOrDefault(loaded.Spi) : null;
        if (actor is not null)
        {
            // A rekey of ours made it meanwhile: its peer knows the new SPI before we do, and asks at once.
            Keep(actor, row, loaded.Displaced);
        }
        else if (!isRead)
        {
            ports.Events.StoreTrouble(fault ?? "a row could not be read");
            TryAgainLater(loaded, isOurs);
        }
        else if (isOurs && row is null)
        {
            population.TryWake(loaded.Shard, loaded.Spi, out _);
            region.Died(loaded.Shard, loaded.Spi);
        }

        else if (isOurs)
        {
            actor = Revive(loaded.Shard, row!, loaded.IsAhead, loaded.HeardAt, loaded.Displaced);
        }

        while (actor is { IsGone: false } && loaded.TryNextOrder(out IkeInput? order))
        {
            host.Turn(actor, order!);
        }

        while (loaded.TryNextDatagram(out DatagramPath path, out PacketLease? lease))
        {
            using (lease)
            {
                Hand(actor, path, lease!.Memory, isRead);
            }
        }
    }

    /// <summary>A row of the background load: its SA may be in memory, asleep or gone by now.</summary>
    public void LoadedInBackground(SaRow row)
    {
        if (region.Find(row.Shard) is { } shard
            && shard.Live.Contains(row.LocalSpi)
            && !shard.Actors.ContainsKey(row.LocalSpi)
            && !shard.Sleeping.ContainsKey(row.LocalSpi)
            && !rows.IsLoading(row.LocalSpi)
            && !supervision.Knows(row.LocalSpi))
        {
            Revive(shard, row, isAhead: true, heardAt: null, Displacement.None);
        }
        else
        {
            row.Wipe();
        }
    }

    private void TryAgainLater(LoadingSa loaded, bool isOurs)
    {
        Instant later = loop.Now + BackgroundLoad.RetryAfter;
        bool isNowhere = !loaded.Shard.Sleeping.ContainsKey(loaded.Spi) && loaded.Shard.MayHaveRow(loaded.Spi);
        if (isOurs && (loaded.Displaced != Displacement.None || isNowhere))
        {
            // Of a displaced one only its row can tell, and a copy that was read before the mark must not be the one that does. One
            // that is nowhere yet was passed over by the background load while it was being read: nobody else would bring it back.
            population.LetSleepUntil(loaded.Shard, loaded.Spi, later);
        }
        else
        {
            population.SnoozeAgain(loaded.Shard, loaded.Spi, later);
        }
    }

    private void Hand(SaActor? actor, DatagramPath path, Memory<byte> message, bool isRead)
    {
        if (actor is { IsGone: false })
        {
            host.Deliver(actor, path, message, isLogin: false);
        }
        else
        {
            ports.Events.Dropped(isRead ? DropReason.DeadSpi : DropReason.Frozen);
        }
    }

    /// <summary>The SA is in memory and ahead of what was read.</summary>
    private void Keep(SaActor actor, SaRow? row, Displacement displaced)
    {
        actor.Displace(row?.Displaced ?? Displacement.None);
        actor.Displace(displaced);
        row?.Wipe();
        host.TakeTurns(actor);
    }

    /// <summary>An SA comes back from its row. Null: the row cannot be read, or its first turn was its last.</summary>
    private SaActor? Revive(Shard shard, SaRow row, bool isAhead, Instant? heardAt, Displacement displaced)
    {
        population.TryWake(shard, row.LocalSpi, out _);
        if (supervision.Read(shard, row) is not { } state)
        {
            return null;
        }

        var actor = new SaActor(shard, state) { Row = state };
        population.Add(actor, loop.Now);
        host.Turn(actor, new IkeInput.Recovered(isAhead, heardAt));
        actor.Displace(row.Displaced);
        actor.Displace(displaced);
        host.TakeTurns(actor);
        return actor.IsGone ? null : actor;
    }
}
