using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Node;

/// <summary>Log, audit and metrics of one process, as the world counts them.</summary>
internal sealed class SimEvents(World world, SimProcess process) : ISaEvents
{
    public void Happened(SaEvent happened)
    {
        if (process.IsDead)
        {
            return;
        }

        if (happened is SaEvent.ExchangeDone done)
        {
            world.Tally.Count($"{done.Exchange} {done.Result}{(done.Role == "responder" ? "" : " of ours")}");
        }

        world.Checks.Happened(happened);
    }

    public void ExchangeTook(string exchange, TimeSpan took)
    {
    }

    public void Dropped(DropReason reason)
    {
        if (!process.IsDead)
        {
            world.Tally.Count($"dropped {reason}");
            world.Tell($"node: dropped, {reason}");
        }
    }

    public void CookieSent() => world.Tally.Count(Faults.CookieAsked);

    public void CookieChecked(bool valid) => world.Tally.Count(valid ? "cookie good" : "cookie bad");

    public void Faulted(IkeSpi localSpi, Exception fault, string action, string datagramShape)
    {
        if (!process.IsDead)
        {
            world.Checks.Faulted(localSpi, fault, $"{action}, {datagramShape}");
        }
    }

    public void Committed(int commits, TimeSpan took)
    {
    }

    public void StoreTrouble(string detail) => world.Tell($"node: store trouble: {detail}");
}
