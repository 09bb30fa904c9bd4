using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>One IKE SA of the initiator: keys, message IDs both ways, the last reply, the request that waits.</summary>
internal sealed class InitiatorSa(NegotiatedSa negotiated, IkeKeys keys, FillRandom random, MessageId expected = default) : IDisposable
{
    private readonly SaCodec _codec = new(negotiated, keys, random);
    private ImmutableArray<byte[]> _lastReply = [];
    private MessageId _expected = expected;

    public NegotiatedSa Negotiated { get; set; } = negotiated;

    public IkeKeys Keys => keys;

    public MessageId NextId { get; set; }

    public OutstandingRequest? Outstanding { get; set; }

    /// <summary>Another SA has taken its place, or it lost a collision: only its Delete is still to come.</summary>
    public bool IsLeftover { get; set; }

    /// <summary>When a leftover is given up though its Delete never came; Never: it is none, or none yet.</summary>
    public Instant GivenUpAt { get; private set; } = Instant.Never;

    /// <summary>When there is something to do: to repeat its request, or to give it up.</summary>
    public Instant WakeAt => Outstanding?.RetransmitAt ?? GivenUpAt;

    /// <summary>
    /// SPIs in Deletes of the responder that name no child: where one of them overtook the answer that makes the child, the
    /// child is gone as it comes.
    /// </summary>
    public HashSet<EspSpi> DeletedUnknown { get; } = [];

    /// <summary>Requests that a test made up; their answers are not read but told.</summary>
    public HashSet<MessageId> Injected { get; } = [];

    /// <summary>A leftover's time begins with the turn that made it one.</summary>
    public void Linger(Instant until) =>
        GivenUpAt = !IsLeftover ? Instant.Never : GivenUpAt == Instant.Never ? until : GivenUpAt;

    public bool Owns(IkeHeader header) =>
        header.InitiatorSpi == Negotiated.InitiatorSpi && header.ResponderSpi == Negotiated.ResponderSpi
        && header.IsInitiator != Negotiated.IsInitiator;

    public PayloadChain? Open(byte[] message, out string fault) => _codec.Open(message, out fault);

    public ImmutableArray<byte[]> SealRequest(ExchangeType exchange, PayloadChain payloads, int fragmentOctets)
    {
        ImmutableArray<byte[]> datagrams = _codec.Seal(
            exchange, NextId, isResponse: false, payloads, Negotiated.Fragmentation ? fragmentOctets : 0);
        NextId = NextId.Next;
        return datagrams;
    }

    public bool IsNew(MessageId id) => id == _expected;

    /// <summary>
    /// The stored reply to a request that was answered already; empty with a cause for any but the last of them, for one
    /// that does not open, and for the later fragments of one.
    /// </summary>
    public ImmutableArray<byte[]> RepeatReply(MessageId id, byte[] message, out string cause)
    {
        cause = $"a request with ID {id} out of turn";
        if (_expected.Value == 0 || id.Value != _expected.Value - 1)
        {
            return [];
        }

        bool asks = _codec.OpensFirst(message, out string fault);
        cause = asks ? $"a repeat of request {id}, answered again" : fault.Length == 0 ? $"a later fragment of request {id}" : fault;
        return asks ? _lastReply : [];
    }

    public ImmutableArray<byte[]> SealReply(ExchangeType exchange, PayloadChain payloads, int fragmentOctets)
    {
        _lastReply = _codec.Seal(exchange, _expected, isResponse: true, payloads, Negotiated.Fragmentation ? fragmentOctets : 0);
        _expected = _expected.Next;
        return _lastReply;
    }

    /// <summary>Seals anything under any ID, in one datagram; windows and stored replies know nothing of it.</summary>
    public byte[] SealInjected(ExchangeType exchange, MessageId id, bool isResponse, PayloadChain payloads) =>
        _codec.Seal(exchange, id, isResponse, payloads, fragmentOctets: 0)[0];

    public void Dispose()
    {
        _codec.Dispose();
        keys.Dispose();
    }
}
