using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Simulation.Checkers;

/// <summary>
/// A message of the gateway, opened by the wiretap: <paramref name="Chain"/> is null where it has no protection.
/// <paramref name="LocalSpi"/> is the gateway's own SPI, zero where there is none yet.
/// </summary>
internal sealed record SentMessage(
    DatagramPath Path, byte[] Octets, IkeSpi LocalSpi, IkeSpi PeerSpi, ExchangeType Exchange, bool IsResponse, MessageId Id, bool IsProtected, TappedChain? Chain)
{
    /// <summary>The exchange that it belongs to; one SPI of the gateway may serve two SAs, one after the other.</summary>
    public ExchangeKey Key => new(LocalSpi, PeerSpi, Id);

    public static SentMessage? TryRead(DatagramPath path, byte[] octets, Wiretap tap)
    {
        if (!IkeHeader.TryRead(octets, out IkeHeader header))
        {
            return null;
        }

        (IkeSpi ours, IkeSpi theirs) = header.IsInitiator ? (header.InitiatorSpi, header.ResponderSpi) : (header.ResponderSpi, header.InitiatorSpi);
        bool isProtected = header.NextPayload is PayloadType.Encrypted or PayloadType.EncryptedFragment;
        TappedChain? chain = isProtected ? tap.TryOpen(octets, ours, isByGateway: true) : null;
        return new SentMessage(path, octets, ours, theirs, header.Exchange, header.IsResponse, header.MessageId, isProtected, chain);
    }
}

/// <summary>A message at the gateway's door, as its header says. Genuine: a client has sent it so, octet for octet.</summary>
internal sealed record ArrivedMessage(
    byte[] Octets, IkeSpi LocalSpi, IkeSpi PeerSpi, ExchangeType Exchange, bool IsResponse, MessageId Id, bool IsGenuine)
{
    public ExchangeKey Key => new(LocalSpi, PeerSpi, Id);

    public static ArrivedMessage? TryRead(byte[] octets, bool isGenuine)
    {
        if (!IkeHeader.TryRead(octets, out IkeHeader header))
        {
            return null;
        }

        (IkeSpi ours, IkeSpi theirs) = header.IsInitiator ? (header.ResponderSpi, header.InitiatorSpi) : (header.InitiatorSpi, header.ResponderSpi);
        return new ArrivedMessage(octets, ours, theirs, header.Exchange, header.IsResponse, header.MessageId, isGenuine);
    }
}

/// <summary>An exchange of one side of an IKE SA.</summary>
internal readonly record struct ExchangeKey(IkeSpi LocalSpi, IkeSpi PeerSpi, MessageId Id);
