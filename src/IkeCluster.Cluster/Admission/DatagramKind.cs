namespace IkeCluster.Cluster.Admission;

/// <summary>What a UDP payload on one of our ports is, told by its first octets alone (RFC 3948 §2).</summary>
public enum DatagramKind : byte
{
    /// <summary>Nothing that belongs on this port.</summary>
    Junk,
    Ike,
    Keepalive,
    Esp,
}

public static class DatagramKinds
{
    /// <summary>Octets of the non-ESP marker (RFC 3948 §2.2).</summary>
    public const int MarkerOctets = 4;

    private const byte KeepaliveOctet = 0xFF;

    // SPI, sequence number and an integrity value of 8 octets: no ESP packet is shorter (RFC 4303 §2).
    private const int EspOctetsMin = 16;

    /// <summary>Tells what came to the IKE port, where there is never a marker, or to the NAT-T port.</summary>
    public static DatagramKind Tell(ReadOnlySpan<byte> datagram, bool isNatTraversalPort)
    {
        if (!isNatTraversalPort)
        {
            return DatagramKind.Ike;
        }

        if (datagram is [KeepaliveOctet])
        {
            return DatagramKind.Keepalive;
        }

        if (datagram is [0, 0, 0, 0, ..])
        {
            return DatagramKind.Ike;
        }

        // RFC 3948 §2.1: the SPI of UDP-encapsulated ESP is not zero; RFC 4303 §2.1 reserves 1 to 255.
        return datagram is [0, 0, 0, ..] || datagram.Length < EspOctetsMin ? DatagramKind.Junk : DatagramKind.Esp;
    }
}
