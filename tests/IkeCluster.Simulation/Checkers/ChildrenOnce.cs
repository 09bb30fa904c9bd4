using IkeCluster.Cluster.Commit;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Node;

namespace IkeCluster.Simulation.Checkers;

/// <summary>A Child SA belongs to one IKE SA at a time, and the data plane drops none that an IKE SA still has.</summary>
internal sealed class ChildrenOnce(World world) : Checker(world)
{
    public override void Applied(SentCommit sent, SaOutcome outcome)
    {
        if (outcome.Kind != SaOutcomeKind.Committed)
        {
            return;
        }

        Dictionary<EspSpi, IkeSpi> owners = [];
        foreach (RestingRow row in World.Store.LiveRows)
        {
            foreach (ChildSa child in row.State!.Children)
            {
                if (!owners.TryAdd(child.InboundSpi, row.LocalSpi))
                {
                    Broken($"child {child.InboundSpi} belongs to {owners[child.InboundSpi]} and {row.LocalSpi}");
                }
            }
        }
    }

    public override void Removed(ChildSa child)
    {
        if (World.Store.LiveRows.FirstOrDefault(row => row.State!.Children.Any(held => held.InboundSpi == child.InboundSpi)) is { } owner)
        {
            Broken($"child {child.InboundSpi} is dropped from the data plane, and {owner.LocalSpi} still has it");
        }
    }
}
