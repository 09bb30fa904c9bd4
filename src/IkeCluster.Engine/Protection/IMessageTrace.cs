using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Protection;

/// <summary>
/// Sees messages in the clear while an operator traces an SA: to name their payloads. What stands in them, EAP and keys above
/// all, is nobody's to keep.
/// </summary>
public interface IMessageTrace
{
    /// <summary>A message of the peer, whole, whose ICV held; of IKE_SA_INIT, which has none, as it came.</summary>
    void Opened(ExchangeType exchange, MessageId id, bool isResponse, PayloadType first, ReadOnlySpan<byte> chain);

    /// <summary>A message of ours in <paramref name="datagrams"/> datagrams.</summary>
    void Sealed(ExchangeType exchange, MessageId id, bool isResponse, PayloadType first, ReadOnlySpan<byte> chain, int datagrams);
}
