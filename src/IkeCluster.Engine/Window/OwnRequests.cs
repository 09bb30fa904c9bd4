using System.Collections.Immutable;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Window;

/// <summary>Our own requests: one at a time (window of one), written with their octets before they are first sent.</summary>
public sealed record OwnRequests(MessageId NextId, OwnRequest? Pending = null)
{
    public static OwnRequests None { get; } = new(MessageId.Zero);
}

public enum OwnRequestKind : byte { Liveness, DeleteIke, DeleteChild }

/// <summary>A request of ours that waits for its answer (RFC 7296 §2.1): the same octets until it is answered or given up.</summary>
public sealed record OwnRequest(
    OwnRequestKind Kind, MessageId Id, ExchangeType Exchange, ImmutableArray<byte[]> Datagrams, EspSpi Child, int Tries, Instant RetransmitAt);
