using IkeCluster.Engine.Exchanges;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Window;

/// <summary>
/// The peer's exchange that rekeys the same SA as a request of ours: answered, while ours waits (RFC 7296 §2.8.1, 2.8.2).
/// Which of the two stays is known only with our own answer.
/// </summary>
/// <param name="LowestNonce">The lower nonce of the peer's exchange.</param>
/// <param name="Child">Inbound SPI of the child it made, which is installed.</param>
/// <param name="Ike">The IKE SA it made; not alive yet, because the children stay where they are until it is decided.</param>
public sealed record Rival(byte[] LowestNonce, EspSpi Child, NewIkeSa? Ike);
