namespace IkeCluster.Protocol.Values;

/// <summary>One end of a datagram's way.</summary>
public readonly record struct UdpEndpoint(IpAddress Address, ushort Port)
{
    public override string ToString() => Address.IsV4 ? $"{Address}:{Port}" : $"[{Address}]:{Port}";
}

/// <summary>
/// The way a datagram came, and so the way its answer goes (RFC 7296 §2.11): the peer's endpoint, and the local
/// address and port it was sent to. <paramref name="NonEspMarker"/>: the local port is the NAT-T one, where four zero
/// octets stand before each IKE message (RFC 3948 §2.2).
/// </summary>
public readonly record struct DatagramPath(UdpEndpoint Remote, UdpEndpoint Local, bool NonEspMarker)
{
    public override string ToString() => $"{Remote} → {Local}";
}
