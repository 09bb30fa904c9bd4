using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;

namespace IkeCluster.TestKit.Initiator;

/// <summary>Writes payloads, one behind the other.</summary>
public delegate void WritePayloads(ref PayloadWriter writer);

/// <summary>The payloads of one message, written and ready to be sealed.</summary>
public sealed record PayloadChain(PayloadType First, byte[] Octets)
{
    public static PayloadChain Empty { get; } = new(PayloadType.None, []);

    public static PayloadChain Of(WritePayloads write)
    {
        byte[] buffer = new byte[Limits.MessageOctetsMax];
        var writer = new PayloadWriter(buffer);
        write(ref writer);
        return writer.Overflowed
            ? throw new InvalidOperationException("the payloads do not fit into one message")
            : new PayloadChain(writer.First, buffer[..writer.Written]);
    }
}
