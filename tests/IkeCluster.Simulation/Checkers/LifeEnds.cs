using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Node;
using IkeCluster.Simulation.Peers;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// Every SA ends established on both sides, cleanly deleted or timed out. Once it has been calm for a while nobody loses a peer that
/// is there, and in the end both sides name the same SAs and the same children.
/// </summary>
internal sealed class LifeEnds(World world) : Checker(world)
{
    /// <summary>What was begun before the calm may still fail for what happened before it.</summary>
    private static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(60);

    private readonly Dictionary<SimPeer, IkeSpi> _current = [];
    private readonly HashSet<EspSpi> _deletedByGateway = [];

    // A Delete may overtake the answer that made its child. The client knows no such child yet, says so, and then makes it: RFC 7296
    // gives neither side a way to tell.
    public override void Sent(SentMessage message)
    {
        if (message is { IsResponse: false, Chain: { IsFragment: false } chain })
        {
            _deletedByGateway.UnionWith(Requests.ChildrenDeleted(chain));
        }
    }

    public override void Learned(SimPeer peer, InitiatorEvent learned)
    {
        switch (learned)
        {
            case InitiatorEvent.Established established:
                _current[peer] = established.Sa.PeerSpi;
                break;
            case InitiatorEvent.IkeRekeyed rekeyed:
                _current[peer] = rekeyed.Sa.PeerSpi;
                break;
            case InitiatorEvent.Failed failed when _current.Remove(peer, out IkeSpi spi) && IsServed(spi) && IsCalmSince(peer.AskedAt):
                Broken($"{peer} lost {spi}, which the gateway has: {failed.Cause}");
                break;
            case InitiatorEvent.Closed or InitiatorEvent.Failed:
                _current.Remove(peer);
                break;
            default:
                break;
        }
    }

    public override void Happened(SaEvent happened)
    {
        if (happened is SaEvent.Ended { Cause: EndCause.NoAnswer } ended && IsCalmSince(World.Now - Aftermath) && PeerOf(ended.State.LocalSpi) is { } peer)
        {
            Broken($"{ended.State.LocalSpi} was given up, and {peer} is there");
        }
    }

    public override void AtRest()
    {
        foreach (SimPeer peer in World.Peers)
        {
            if (peer.Initiator is not { Sa: { } sa } initiator)
            {
                Broken($"{peer} is not logged in");
            }
            else if (World.Store.Row(sa.PeerSpi) is not { State: { } state })
            {
                Broken($"{peer} believes in {sa.PeerSpi}, which is gone");
            }
            else if (Names(initiator) != Names(state))
            {
                Broken($"{peer} has the children {Names(initiator)}, the gateway {Names(state)}");
            }
        }

        foreach (RestingRow row in World.Store.LiveRows.Where(row => PeerOf(row.LocalSpi) is null))
        {
            Broken($"{row.LocalSpi} of {row.State!.Facts!.RemoteId} is still there, {row.State.Phase}, and nobody's");
        }
    }

    private SimPeer? PeerOf(IkeSpi spi) => World.Peers.FirstOrDefault(peer => peer.Initiator?.Sa?.PeerSpi == spi);

    private bool IsServed(IkeSpi spi) => World.Store.Row(spi) is { State.Phase: SaPhase.Established };

    private bool IsCalmSince(Instant at) => World.IsCalm && at != Instant.Never && at >= World.CalmSince;

    private string Names(IkeInitiator initiator) =>
        string.Join(' ', initiator.Children.Where(child => !_deletedByGateway.Contains(child.OutboundSpi)).Select(child => $"{child.OutboundSpi}/{child.InboundSpi}").Order(StringComparer.Ordinal));

    private static string Names(IkeSaState state) =>
        string.Join(' ', state.Children.Select((ChildSa child) => $"{child.InboundSpi}/{child.OutboundSpi}").Order(StringComparer.Ordinal));
}
