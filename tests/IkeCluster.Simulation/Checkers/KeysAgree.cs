using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Peers;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Simulation.Checkers;

/// <summary>Both sides derive the same keys, for the IKE SA and for each Child SA, and mean the same traffic by it.</summary>
internal sealed class KeysAgree(World world, Wiretap tap) : Checker(world)
{
    private readonly Dictionary<(EspSpi Inbound, EspSpi Outbound), (byte[] Keys, string Traffic)> _children = [];

    public override void Stepped(IkeSaState before, IkeInput input, in Step step)
    {
        if (step.State is { } after && after.Children != before.Children)
        {
            Learn(after);
        }
    }

    public override void Learned(SimPeer peer, InitiatorEvent learned)
    {
        switch (learned)
        {
            case InitiatorEvent.Established established:
                CheckSa(peer, established.Sa);
                break;
            case InitiatorEvent.IkeRekeyed rekeyed:
                CheckSa(peer, rekeyed.Sa);
                break;
            case InitiatorEvent.ChildEstablished made:
                CheckChild(peer, made.Child);
                break;
            case InitiatorEvent.ChildRekeyed made:
                CheckChild(peer, made.New);
                break;
            default:
                break;
        }
    }

    private void Learn(IkeSaState state)
    {
        foreach (ChildSa child in state.Children)
        {
            if (!_children.ContainsKey((child.InboundSpi, child.OutboundSpi)))
            {
                _children.Add((child.InboundSpi, child.OutboundSpi), (Octets(child.Keys), Traffic(child.RemoteTs, child.LocalTs)));
            }
        }
    }

    private void CheckSa(SimPeer peer, NegotiatedSa sa)
    {
        if (peer.Initiator?.Keys is not { } keys || peer.Initiator.Sa != sa)
        {
            return;
        }

        TappedSa? ours = tap.Find(sa.ResponderSpi) ?? tap.Find(sa.InitiatorSpi);
        if (ours is null || !keys.SkD.FixedTimeEquals(ours.SkD) || !keys.SkEi.FixedTimeEquals(ours.SkEi) || !keys.SkEr.FixedTimeEquals(ours.SkEr))
        {
            Broken($"{peer} and the gateway differ in the keys of {sa.ResponderSpi}");
        }
    }

    private void CheckChild(SimPeer peer, InitiatorChild child)
    {
        bool isKnown = _children.TryGetValue((child.OutboundSpi, child.InboundSpi), out (byte[] Keys, string Traffic) ours);
        if (!isKnown || !ours.Keys.AsSpan().SequenceEqual(Octets(child.Keys)) || ours.Traffic != Traffic(child.LocalTs, child.RemoteTs))
        {
            Broken($"{peer} and the gateway differ in the Child SA {child.InboundSpi}/{child.OutboundSpi}");
        }
    }

    private static byte[] Octets(ChildKeys keys) =>
    [
        .. keys.EncryptionInitiator.Reveal(), .. keys.IntegrityInitiator.Reveal(), .. keys.EncryptionResponder.Reveal(),
        .. keys.IntegrityResponder.Reveal(),
    ];

    private static string Traffic(IEnumerable<TrafficSelector> peers, IEnumerable<TrafficSelector> gateways) =>
        $"{string.Join(' ', peers)} === {string.Join(' ', gateways)}";
}
