using System.Buffers.Binary;
using System.Security.Cryptography;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Mobility;

/// <summary>
/// NAT_DETECTION_SOURCE_IP and NAT_DETECTION_DESTINATION_IP (RFC 7296 §2.23): SHA-1 over the SPIs of that very message,
/// address and port.
/// </summary>
public static class NatDetection
{
    public const int HashOctets = 20;

    public static void Hash(IkeSpi initiatorSpi, IkeSpi responderSpi, UdpEndpoint endpoint, Span<byte> hash)
    {
        Span<byte> input = stackalloc byte[8 + 8 + 16 + 2];
        BinaryPrimitives.WriteUInt64BigEndian(input, initiatorSpi.Value);
        BinaryPrimitives.WriteUInt64BigEndian(input[8..], responderSpi.Value);
        endpoint.Address.Write(input[16..]);
        int octets = 16 + endpoint.Address.Length;
        BinaryPrimitives.WriteUInt16BigEndian(input[octets..], endpoint.Port);

        // Not a weak spot: RFC 7296 §2.23 fixes SHA-1 here, and nothing is authenticated by it.
        SHA1.HashData(input[..(octets + 2)], hash);
    }

    /// <summary>Compares the peer's hashes with what we see; without them nothing is known and no NAT is assumed.</summary>
    internal static PeerFeatures Detect(in PayloadIndex payloads, IkeSpi initiatorSpi, IkeSpi responderSpi, DatagramPath path)
    {
        Span<byte> seen = stackalloc byte[HashOctets];
        PeerFeatures found = PeerFeatures.None;
        if (payloads.HasNotify(NotifyType.NatDetectionSourceIp))
        {
            Hash(initiatorSpi, responderSpi, path.Remote, seen);
            found |= Holds(payloads, NotifyType.NatDetectionSourceIp, seen) ? PeerFeatures.None : PeerFeatures.RemoteBehindNat;
        }

        if (payloads.HasNotify(NotifyType.NatDetectionDestinationIp))
        {
            Hash(initiatorSpi, responderSpi, path.Local, seen);
            found |= Holds(payloads, NotifyType.NatDetectionDestinationIp, seen) ? PeerFeatures.None : PeerFeatures.LocalBehindNat;
        }

        return found;
    }

    /// <summary>True where the peer wants to know what we see of its path.</summary>
    internal static bool IsAsked(in PayloadIndex payloads) =>
        payloads.HasNotify(NotifyType.NatDetectionSourceIp) || payloads.HasNotify(NotifyType.NatDetectionDestinationIp);

    /// <summary>
    /// Our own two hashes, of the addresses that this answer goes from and to. <paramref name="isForced"/>: <c>encap: yes</c> of
    /// swanctl.conf; a hash that cannot fit makes the peer believe in a NAT and encapsulate ESP.
    /// </summary>
    internal static void Write(ref PayloadWriter writer, IkeSpi initiatorSpi, IkeSpi responderSpi, DatagramPath path, bool isForced)
    {
        Span<byte> hash = stackalloc byte[HashOctets];
        Hash(initiatorSpi, responderSpi, isForced ? default : path.Local, hash);
        writer.Notify(NotifyType.NatDetectionSourceIp, hash);
        Hash(initiatorSpi, responderSpi, path.Remote, hash);
        writer.Notify(NotifyType.NatDetectionDestinationIp, hash);
    }

    // RFC 7296 §2.23: a peer with several addresses sends several source hashes; one that fits is enough.
    private static bool Holds(in PayloadIndex payloads, NotifyType type, ReadOnlySpan<byte> hash)
    {
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type == PayloadType.Notify
                && NotifyPayload.TryRead(payloads[i].Body, out NotifyPayload notify, out _)
                && notify.Type == type && notify.Data.SequenceEqual(hash))
            {
                return true;
            }
        }

        return false;
    }
}
