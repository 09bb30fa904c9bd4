using System.Collections.Immutable;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Window;

/// <summary>
/// The peer's requests (RFC 7296 §2.1 to 2.3; window of one). <paramref name="LastReply"/> is the exact answer to
/// <c>Expected - 1</c>: one datagram, or the fragments.
/// </summary>
public sealed record RequestWindow(MessageId Expected, ImmutableArray<byte[]> LastReply, Reassembly? Reassembly = null)
{
    public static RequestWindow Fresh { get; } = new(MessageId.Zero, []);

    /// <summary>True for the request answered last.</summary>
    public bool IsRepeat(MessageId id) => Expected.Value > 0 && id.Value == Expected.Value - 1;
}
