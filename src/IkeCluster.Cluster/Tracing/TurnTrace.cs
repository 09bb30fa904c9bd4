using IkeCluster.Engine.Protection;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Tracing;

/// <summary>What one turn opened and sealed.</summary>
internal sealed class TurnTrace : IMessageTrace
{
    private readonly List<string> _made = [];

    /// <summary>The payloads of the peer's message; null: none was opened.</summary>
    public string? Heard { get; private set; }

    /// <summary>The same with the message's name.</summary>
    public string? HeardMessage { get; private set; }

    /// <summary>Our messages, in order. They go out when what they tell is committed, and when they are repeated.</summary>
    public IReadOnlyList<string> Made => _made;

    public void Opened(ExchangeType exchange, MessageId id, bool isResponse, PayloadType first, ReadOnlySpan<byte> chain)
    {
        Heard = TraceText.Payloads(first, chain);
        HeardMessage = $"{TraceText.Message(exchange, isResponse, id)}: {Heard}";
    }

    public void Sealed(ExchangeType exchange, MessageId id, bool isResponse, PayloadType first, ReadOnlySpan<byte> chain, int datagrams) =>
        _made.Add($"made {TraceText.Message(exchange, isResponse, id)}{(datagrams == 1 ? "" : $" in {datagrams} datagrams")}: {TraceText.Payloads(first, chain)}");
}
