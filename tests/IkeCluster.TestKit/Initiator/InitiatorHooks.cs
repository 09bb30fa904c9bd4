using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;

namespace IkeCluster.TestKit.Initiator;

/// <summary>What it does when both sides rekey the same SA at once (RFC 7296 §2.8.1, §2.8.2, §2.25).</summary>
public enum CollisionManners
{
    /// <summary>As the RFC says: answers, compares the four nonces, and deletes what it made itself where that lost.</summary>
    Compliant,

    /// <summary>Answers TEMPORARY_FAILURE and goes on with its own.</summary>
    Refuses,

    /// <summary>Answers, and does not notice: its own rekey counts as if nothing else had happened.</summary>
    Blind,
}

/// <summary>Changes the payloads of a message before it is sealed; IKE_SA_INIT has its in the clear.</summary>
public delegate PayloadChain AlterPayloads(ExchangeType exchange, bool isResponse, PayloadChain payloads);

/// <summary>Where a test takes the initiator's hand. All may be changed at any time.</summary>
public sealed class InitiatorHooks
{
    public CollisionManners Collisions { get; set; }

    /// <summary>Refuses every CREATE_CHILD_SA of the responder with this; None: by the rules.</summary>
    public NotifyType RefuseWith { get; set; }

    /// <summary>Makes the nonces of CREATE_CHILD_SA, so that a test says who wins; null: by chance.</summary>
    public Func<byte[]>? Nonce { get; set; }

    public AlterPayloads? Alter { get; set; }

    internal PayloadChain Altered(ExchangeType exchange, bool isResponse, PayloadChain payloads) =>
        Alter?.Invoke(exchange, isResponse, payloads) ?? payloads;
}
