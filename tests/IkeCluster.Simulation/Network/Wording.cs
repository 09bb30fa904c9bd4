using IkeCluster.Protocol.Message;

namespace IkeCluster.Simulation.Network;

/// <summary>A datagram in a few words, for the story of a seed.</summary>
internal static class Wording
{
    public static string Of(ReadOnlySpan<byte> message) => IkeHeader.TryRead(message, out IkeHeader header)
        ? $"{header.Exchange} {(header.IsResponse ? "response" : "request")} {header.MessageId} of {header.InitiatorSpi}/{header.ResponderSpi}, {message.Length} octets"
        : $"{message.Length} octets";
}
