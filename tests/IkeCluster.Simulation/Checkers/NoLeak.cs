using IkeCluster.Cluster.Pools;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Node;

namespace IkeCluster.Simulation.Checkers;

/// <summary>When everybody has gone everything is given back: actors, timers, buffers, budgets, leases, rows, children.</summary>
internal sealed class NoLeak(World world) : Checker(world)
{
    private readonly HashSet<EspSpi> _installed = [];

    public override void Installed(ChildSa child)
    {
        if (!_installed.Add(child.InboundSpi))
        {
            Broken($"child {child.InboundSpi} was installed twice");
        }
    }

    public override void Removed(ChildSa child) => _installed.Remove(child.InboundSpi);

    public override void Crashed() => _installed.Clear();

    public override void AtEnd()
    {
        if (World.Gateway.Process is not { } process)
        {
            Broken($"the gateway is down");
            return;
        }

        None("buffers", process.Packets.Outstanding);
        None("half-open SAs in the budget", process.HalfOpen.Count);
        None("live rows", World.Store.LiveRows.Count());
        None("leases at rest", World.Store.Leases().Count(lease => lease.LocalSpi is not null));
        None("children in the data plane", _installed.Count);
        foreach (PoolStats pool in process.Pools.Stats())
        {
            None($"addresses of {pool.Pool} in memory", pool.Held);
        }

        foreach (SimLoop loop in process.Loops)
        {
            Check(loop);
        }
    }

    public override void AtStop()
    {
        if (World.Gateway.Process is { } process)
        {
            None("buffers after the end", process.Packets.Outstanding);
        }
    }

    private void Check(SimLoop loop)
    {
        None($"actors on loop {loop.Index}", loop.Loop.Counters.InMemory);
        None($"half-open SAs on loop {loop.Index}", loop.Loop.Counters.HalfOpen);
        None($"SAs on loop {loop.Index}", loop.Loop.Counters.Established);
        None($"Child SAs on loop {loop.Index}", loop.Loop.Counters.ChildSas);
        None($"commits on loop {loop.Index}", loop.Loop.Counters.CommitsWaiting);
        None($"messages for loop {loop.Index}", loop.Loop.MailboxDepth);
        None($"timers on loop {loop.Index}", loop.Loop.TimersSet);
    }

    private void None(string what, long left)
    {
        if (left != 0)
        {
            Broken($"{left} {what} left");
        }
    }
}
