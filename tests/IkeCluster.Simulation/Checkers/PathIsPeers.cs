using IkeCluster.Engine;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Network;

namespace IkeCluster.Simulation.Checkers;

/// <summary>Nobody but the peer moves an SA: an eavesdropper who repeats what was answered is never taken for the peer (RFC 7296 §2.23).</summary>
internal sealed class PathIsPeers(World world) : Checker(world)
{
    public override void Stepped(IkeSaState before, IkeInput input, in Step step)
    {
        if (step.State is { IsEstablished: true } state && state.Path.Remote.Address == Eavesdropper.Address)
        {
            Broken($"{state.LocalSpi} was moved to an eavesdropper");
        }
    }
}
