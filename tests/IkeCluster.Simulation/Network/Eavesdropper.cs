using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Checkers;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Network;

/// <summary>
/// Hears every request that the gateway has answered, and sends some again from an address of his own, soon or much later.
/// What he sends is genuine to the octet; nobody may ever be moved to where he is. While two processes serve he keeps quiet: liveness
/// that one of them has answered is new to the other, until the store tells the older one that its time is over.
/// </summary>
internal sealed class Eavesdropper(World world)
{
    private const int HeardMax = 256;

    private static readonly TimeSpan LaterMax = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ExchangeKey, byte[]> _requests = [];
    private readonly Queue<ExchangeKey> _inOrder = [];
    private ushort _port = 40_000;

    public static IpAddress Address { get; } = SimPolicies.Address("192.0.2.66");

    /// <summary>A request of a client has come to the gateway.</summary>
    public void HearRequest(ExchangeKey exchange, byte[] message)
    {
        if (world.Plan.Replays == 0 || !_requests.TryAdd(exchange, message.ToArray()))
        {
            return;
        }

        _inOrder.Enqueue(exchange);
        if (_inOrder.Count > HeardMax)
        {
            _requests.Remove(_inOrder.Dequeue());
        }
    }

    /// <summary>The gateway has answered: only now a second copy is certainly a repeat.</summary>
    public void HearResponse(ExchangeKey exchange)
    {
        if (world.Gateway.IsTwofold || !_requests.TryGetValue(exchange, out byte[]? request) || !world.Chance.Chance(world.Plan.Replays))
        {
            return;
        }

        world.After(world.Chance.UpTo(LaterMax), () => Replay(request));
    }

    private void Replay(byte[] request)
    {
        if (world.IsCalm || world.Gateway.IsTwofold)
        {
            return;
        }

        world.Tally.Count(Faults.Replayed);
        var here = new UdpEndpoint(Address, _port++);
        world.Wire.Arrive(new DatagramPath(here, SimNetwork.GatewayAt with { Port = 4500 }, NonEspMarker: true), request);
    }
}
