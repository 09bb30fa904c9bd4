using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;
using IkeCluster.Simulation.Peers;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Simulation.Network;

/// <summary>
/// Everything between the clients and the gateway: datagrams are lost, doubled, overtaken, spoilt, and a NAT in front of some
/// clients forgets who they were. Somebody listens, and sends again from elsewhere what he has heard.
/// </summary>
internal sealed class SimNetwork(World world)
{
    private static readonly byte[] Marker = [0, 0, 0, 0];

    private readonly Dictionary<UdpEndpoint, (SimPeer Peer, UdpEndpoint Inside)> _bindings = [];
    private readonly Dictionary<(SimPeer Peer, UdpEndpoint Inside), UdpEndpoint> _outside = [];
    private readonly HashSet<UInt128> _genuine = [];
    private Instant _latest;
    private ushort _nextPort = 20_000;

    public static UdpEndpoint GatewayAt { get; } = new(SimPolicies.Address("198.51.100.1"), 500);

    /// <summary>Datagrams that are on their way.</summary>
    public int InFlight { get; private set; }

    public Eavesdropper Eavesdropper { get; } = new(world);

    public CookieThief CookieThief { get; } = new(world);

    /// <summary>True for what a client sent, octet for octet: anything else is a forgery or spoilt.</summary>
    public bool IsGenuine(ReadOnlySpan<byte> message) => _genuine.Contains(Digest.Of(message));

    /// <summary>A client says something.</summary>
    public void ToGateway(SimPeer peer, OutgoingMessage said)
    {
        _genuine.Add(Digest.Of(said.Message));
        UdpEndpoint seen = OutsideOf(peer, said.Path.Local);
        var path = new DatagramPath(seen, said.Path.Remote, said.Path.NonEspMarker);
        world.Digest.Add(said.Message);
        Travel(said.Message, octets => Arrive(path, octets));
    }

    /// <summary>The gateway says something, to whoever has that address now.</summary>
    public void ToPeer(DatagramPath path, byte[] message)
    {
        world.Digest.Add(message);
        world.Tell($"node -> {path.Remote}: {Wording.Of(message)}");
        if (CookieThief.Is(path.Remote.Address))
        {
            world.After(TimeSpan.FromMilliseconds(1), () => CookieThief.Receive(message));
            return;
        }

        Travel(message, octets =>
        {
            if (_bindings.TryGetValue(path.Remote, out (SimPeer Peer, UdpEndpoint Inside) bound))
            {
                bound.Peer.Receive(octets);
            }
        });
    }

    /// <summary>A datagram at the gateway's door, from a client or from somebody else.</summary>
    public void Arrive(DatagramPath path, byte[] message)
    {
        if (world.Gateway.Pick() is not { } process)
        {
            world.Tally.Count(Faults.Stray);
            return;
        }

        world.Tell($"{path.Remote} -> node: {Wording.Of(message)}");
        world.Checks.Delivered(path, message);
        process.Receive(path, path.NonEspMarker ? [.. Marker, .. message] : message.ToArray());
    }

    /// <summary>The NAT in front of a client forgets it: from now on it is seen elsewhere.</summary>
    public void Rebind(SimPeer peer)
    {
        foreach ((SimPeer Peer, UdpEndpoint Inside) key in _outside.Keys.Where(key => key.Peer == peer).ToArray())
        {
            _bindings.Remove(_outside[key]);
            _outside.Remove(key);
        }

        world.Tally.Count(Faults.Rebound);
        world.Tell($"{peer}: its NAT rebinds");
    }

    private UdpEndpoint OutsideOf(SimPeer peer, UdpEndpoint inside)
    {
        if (!_outside.TryGetValue((peer, inside), out UdpEndpoint outside))
        {
            outside = peer.IsBehindNat ? new UdpEndpoint(peer.NatAddress, _nextPort++) : inside;
            _outside[(peer, inside)] = outside;
            _bindings[outside] = (peer, inside);
        }

        return outside;
    }

    private void Travel(byte[] message, Action<byte[]> arrive)
    {
        Plan plan = world.Plan;
        if (world.Chance.Chance(plan.Loss))
        {
            world.Tally.Count(Faults.Lost);
            return;
        }

        if (world.Chance.Chance(plan.Duplication))
        {
            world.Tally.Count(Faults.Duplicated);
            Leave(message, arrive);
        }

        Leave(world.Chance.Chance(plan.Corruption) ? Spoil(message) : message, arrive);
    }

    private void Leave(byte[] message, Action<byte[]> arrive)
    {
        Instant at = world.Now + world.Chance.UpTo(world.Plan.DelayMax);
        world.Tally.Count(Faults.Delayed, at < _latest ? 1 : 0);
        _latest = at > _latest ? at : _latest;
        InFlight++;
        world.At(at, () =>
        {
            InFlight--;
            arrive(message);
        });
    }

    private byte[] Spoil(byte[] message)
    {
        world.Tally.Count(Faults.Corrupted);
        byte[] spoilt = world.Chance.Below(8) == 0 ? message[..world.Chance.Below(message.Length + 1)] : message.ToArray();
        for (int flips = 1 + world.Chance.Below(3); flips > 0 && spoilt.Length > 0; flips--)
        {
            spoilt[world.Chance.Below(spoilt.Length)] ^= (byte)(1 << world.Chance.Below(8));
        }

        return spoilt;
    }
}
