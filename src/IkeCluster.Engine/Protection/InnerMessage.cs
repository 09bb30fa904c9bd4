using IkeCluster.Protocol.Message;

namespace IkeCluster.Engine.Protection;

/// <summary>What stood inside an SK payload, or inside all SKF payloads of one message: a chain of payloads, deciphered.</summary>
public sealed record InnerMessage(PayloadType First, byte[] Chain);
