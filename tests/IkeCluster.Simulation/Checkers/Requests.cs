using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.Simulation.Core;

namespace IkeCluster.Simulation.Checkers;

/// <summary>What a client asked, read from the wire: enough to know what an answer to it must have changed.</summary>
internal sealed class Requests(World world, Wiretap tap) : Checker(world)
{
    private readonly Dictionary<ExchangeKey, byte[]> _genuine = [];

    /// <summary>A client's own request of this number has come, octet for octet.</summary>
    public bool HasCome(ExchangeKey exchange) => _genuine.ContainsKey(exchange);

    /// <summary>The request; null where it is not readable, as a fragment is not.</summary>
    public TappedChain? Find(ExchangeKey exchange) =>
        _genuine.TryGetValue(exchange, out byte[]? request)
        && tap.TryOpen(request, exchange.LocalSpi, isByGateway: false) is { IsFragment: false } chain
            ? chain
            : null;

    /// <summary>Liveness: the answer to it need not be durable (RFC 7296 §1.4, an INFORMATIONAL that asks for nothing).</summary>
    public static bool AsksNothing(TappedChain request)
    {
        bool asksNothing = PayloadIndex.TryRead(request.First, request.Octets, out PayloadIndex payloads, out _);
        for (int i = 0; i < payloads.Count && asksNothing; i++)
        {
            asksNothing = payloads[i].Type == PayloadType.Notify
                && NotifyPayload.TryRead(payloads[i].Body, out NotifyPayload notify, out _)
                && notify.Type is NotifyType.NatDetectionSourceIp or NotifyType.NatDetectionDestinationIp;
        }

        return asksNothing;
    }

    /// <summary>A Delete of the IKE SA.</summary>
    public static bool EndsSa(TappedChain request)
    {
        PayloadIndex.TryRead(request.First, request.Octets, out PayloadIndex payloads, out _);
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type == PayloadType.Delete
                && DeletePayload.TryRead(payloads[i].Body, out DeletePayload delete, out _) && delete.Protocol == SecurityProtocol.Ike)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The Child SAs that a message deletes, by the SPIs that its sender expects inbound.</summary>
    public static IEnumerable<EspSpi> ChildrenDeleted(TappedChain request)
    {
        List<EspSpi> named = [];
        PayloadIndex.TryRead(request.First, request.Octets, out PayloadIndex payloads, out _);
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type != PayloadType.Delete || !DeletePayload.TryRead(payloads[i].Body, out DeletePayload delete, out _)
                || delete.Protocol != SecurityProtocol.Esp)
            {
                continue;
            }

            for (int j = 0; j < delete.Count; j++)
            {
                named.Add(delete.Spi(j));
            }
        }

        return named;
    }

    public override void Delivered(DatagramPath path, ArrivedMessage message)
    {
        if (message is { IsGenuine: true, IsResponse: false })
        {
            _genuine.TryAdd(message.Key, message.Octets);
        }
    }
}
