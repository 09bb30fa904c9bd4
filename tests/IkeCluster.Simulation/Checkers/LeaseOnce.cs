using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Node;
using IkeCluster.Simulation.Peers;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Simulation.Checkers;

/// <summary>No two identities hold one address, and the lease table says what the rows say.</summary>
internal sealed class LeaseOnce(World world) : Checker(world)
{
    public override void Applied(SentCommit sent, SaOutcome outcome)
    {
        if (outcome.Kind == SaOutcomeKind.Committed && sent.Commit.Claims.Length > 0)
        {
            CheckRows();
        }
    }

    public override void Learned(SimPeer peer, InitiatorEvent learned)
    {
        if (learned is not InitiatorEvent.Established established)
        {
            return;
        }

        foreach (SimPeer other in World.Peers)
        {
            bool isSame = other != peer && other.Initiator?.Sa is { } sa && World.Store.IsLive(sa.PeerSpi)
                && sa.VirtualIps.Intersect(established.Sa.VirtualIps).Any();
            if (isSame)
            {
                Broken($"{peer} and {other} were given one address");
            }
        }
    }

    public override void AtRest()
    {
        CheckRows();
        foreach (LeaseRow lease in World.Store.Leases())
        {
            if (lease.LocalSpi is { } spi && !World.Store.IsLive(spi))
            {
                Broken($"{lease.Address} is held by {spi}, which is gone");
            }
        }
    }

    private void CheckRows()
    {
        Dictionary<IpAddress, IkeSaState> holders = [];
        foreach (RestingRow row in World.Store.LiveRows)
        {
            foreach (LeasedAddress leased in row.State!.Facts!.VirtualIps)
            {
                if (!holders.TryAdd(leased.Address, row.State) && !holders[leased.Address].Facts!.RemoteId.Equals(row.State.Facts.RemoteId))
                {
                    Broken($"{leased.Address} is held by {holders[leased.Address].LocalSpi} and {row.LocalSpi}");
                }
            }
        }
    }
}
