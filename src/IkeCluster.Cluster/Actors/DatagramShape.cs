using IkeCluster.Protocol.Message;

namespace IkeCluster.Cluster.Actors;

/// <summary>What a datagram looks like from outside, for the log of a fault: never its content.</summary>
internal static class DatagramShape
{
    public static string Describe(ReadOnlySpan<byte> message) =>
        IkeHeader.TryRead(message, out IkeHeader header)
            ? $"{header.Exchange} {(header.IsResponse ? "response" : "request")}, message ID {header.MessageId}, "
                + $"first payload {header.NextPayload}, {message.Length} octets"
            : $"{message.Length} octets";
}
