using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Ports;

/// <summary>Egress of one loop. Datagrams leave by the socket that holds the path's local address and port.</summary>
public interface IDatagramSender
{
    /// <summary>
    /// Queues one datagram without its non-ESP marker (egress writes it where the path says so); the octets are copied or
    /// sent before the loop's turn ends. False: no socket for that path, or the queue is full.
    /// </summary>
    bool Send(DatagramPath path, ReadOnlySpan<byte> message);
}
