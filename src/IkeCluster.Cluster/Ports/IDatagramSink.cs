using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Ports;

/// <summary>Where an ingress puts what it has read: the event loop of the same thread.</summary>
public interface IDatagramSink
{
    /// <summary>
    /// One whole UDP payload, marker and all. The octets are lent until this returns and may be deciphered in place.
    /// </summary>
    void Receive(DatagramPath path, Memory<byte> datagram);
}

/// <summary>Ends a loop's wait for datagrams, from any thread.</summary>
public interface ILoopWaker
{
    void Wake();
}
