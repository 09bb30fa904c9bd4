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
    // Whoever answers an exchange has the keys first: what one side made waits here for the other.
    private readonly Dictionary<(EspSpi Inbound, EspSpi Outbound), (byte[] Keys, string Traffic)> _gateways = [];
    private readonly Dictionary<(EspSpi Inbound, EspSpi Outbound), (byte[] Keys, string Traffic)> _peers = [];
    private readonly Dictionary<(IkeSpi Gateways, IkeSpi Peers), byte[]> _peerSas = [];
    private readonly HashSet<(IkeSpi Gateways, IkeSpi Peers)> _agreed = [];

    public override void Stepped(IkeSaState before, IkeInput input, in Step step)
    {
        if (step.State is { } after && after.Children != before.Children)
        {
            Learn(after);
        }

        if (before is { IsEstablished: true, Keys: { } keys } && !_agreed.Contains((before.LocalSpi, before.PeerSpi)))
        {
            Learn(before);
            Compare((before.LocalSpi, before.PeerSpi), Octets(keys));
        }
    }

    public override void AtRest()
    {
        foreach (SimPeer peer in World.Peers)
        {
            if (peer.Initiator?.Sa is { } sa && !_agreed.Contains((sa.PeerSpi, sa.LocalSpi)))
            {
                Broken($"{peer} has the IKE SA {sa.PeerSpi}, which the gateway never used");
            }
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
            if (!_gateways.ContainsKey((child.InboundSpi, child.OutboundSpi)))
            {
                (byte[] Keys, string Traffic) ours = (Octets(child.Keys), Traffic(child.RemoteTs, child.LocalTs));
                _gateways.Add((child.InboundSpi, child.OutboundSpi), ours);
                if (_peers.TryGetValue((child.InboundSpi, child.OutboundSpi), out (byte[] Keys, string Traffic) theirs))
                {
                    Compare(child.InboundSpi, ours, theirs);
                }
            }
        }
    }

    private void CheckSa(SimPeer peer, NegotiatedSa sa)
    {
        if (peer.Initiator?.Keys is not { } keys || peer.Initiator.Sa != sa)
        {
            return;
        }

        _peerSas[(sa.PeerSpi, sa.LocalSpi)] = Octets(keys);
        if (tap.Find(sa.PeerSpi) is { } ours && ours.PeerSpi == sa.LocalSpi)
        {
            Compare((sa.PeerSpi, sa.LocalSpi), [.. ours.SkD, .. ours.SkEi, .. ours.SkEr]);
        }
    }

    private void CheckChild(SimPeer peer, InitiatorChild child)
    {
        // One that came and went in a single turn has no keys any more.
        if (peer.Initiator?.Children.Any(held => ReferenceEquals(held, child)) != true)
        {
            return;
        }

        (byte[] Keys, string Traffic) theirs = (Octets(child.Keys), Traffic(child.LocalTs, child.RemoteTs));
        _peers[(child.OutboundSpi, child.InboundSpi)] = theirs;
        if (_gateways.TryGetValue((child.OutboundSpi, child.InboundSpi), out (byte[] Keys, string Traffic) ours))
        {
            Compare(child.OutboundSpi, ours, theirs);
        }
        else if (child.IsInitiator)
        {
            Broken($"{peer} has the Child SA {child.OutboundSpi}/{child.InboundSpi}, which the gateway never made");
        }
    }

    private void Compare((IkeSpi Gateways, IkeSpi Peers) spis, byte[] ours)
    {
        if (!_peerSas.TryGetValue(spis, out byte[]? theirs))
        {
            return;
        }

        _agreed.Add(spis);
        if (!ours.AsSpan().SequenceEqual(theirs))
        {
            Broken($"the two sides differ in the keys of {spis.Gateways}");
        }
    }

    private void Compare(EspSpi inbound, (byte[] Keys, string Traffic) ours, (byte[] Keys, string Traffic) theirs)
    {
        if (!ours.Keys.AsSpan().SequenceEqual(theirs.Keys) || ours.Traffic != theirs.Traffic)
        {
            Broken($"the two sides differ in the Child SA {inbound}: {ours.Traffic} and {theirs.Traffic}");
        }
    }

    private static byte[] Octets(IkeKeys keys) => [.. keys.SkD.Reveal(), .. keys.SkEi.Reveal(), .. keys.SkEr.Reveal()];

    private static byte[] Octets(ChildKeys keys) =>
    [
        .. keys.EncryptionInitiator.Reveal(), .. keys.IntegrityInitiator.Reveal(), .. keys.EncryptionResponder.Reveal(),
        .. keys.IntegrityResponder.Reveal(),
    ];

    private static string Traffic(IEnumerable<TrafficSelector> peers, IEnumerable<TrafficSelector> gateways) =>
        $"{string.Join(' ', peers)} === {string.Join(' ', gateways)}";
}
