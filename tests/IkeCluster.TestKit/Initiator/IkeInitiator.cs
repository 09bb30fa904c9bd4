using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>
/// An IKEv2 initiator without sockets, clock or threads: what it should send and what it learned come back from every
/// call. It knows Protocol and Crypto but not the Engine, so a misreading there is not mirrored here. Once logged in it
/// is a full peer: it answers what it might ask.
/// </summary>
/// <param name="settings">Who it is and what it asks for.</param>
/// <param name="random">All its chance.</param>
/// <param name="path">From its own endpoint to the responder's port 500, or 4500 with the marker.</param>
public sealed partial class IkeInitiator(InitiatorSettings settings, FillRandom random, DatagramPath path) : IDisposable
{
    private readonly List<OutgoingMessage> _send = [];
    private readonly List<InitiatorEvent> _events = [];
    private readonly List<InitiatorChild> _children = [];

    /// <summary>The one in use, those that it replaced, and those that a collision left; from the login on.</summary>
    private readonly List<InitiatorSa> _sas = [];
    private InitExchange? _init;
    private OutstandingRequest? _initRequest;
    private InitiatorSa? _sa;
    private bool _isEstablished;

    public InitiatorSettings Settings => settings;

    public InitiatorHooks Hooks { get; } = new();

    /// <summary>Where it sends to; moves to the NAT-T port once a NAT is found (RFC 7296 §2.23).</summary>
    public DatagramPath Path { get; private set; } = path;

    /// <summary>Null until IKE_AUTH is through, and after the IKE SA is gone.</summary>
    public NegotiatedSa? Sa => _isEstablished ? _sa?.Negotiated : null;

    /// <summary>Every IKE SA that still takes messages, the rekeyed ones until their Delete too.</summary>
    public IReadOnlyList<NegotiatedSa> AllSas => [.. _sas.Select(sa => sa.Negotiated)];

    public IReadOnlyList<InitiatorChild> Children => _children;

    /// <summary>A request waits for its answer, and another one has to wait too (window of one).</summary>
    public bool IsBusy => _initRequest is not null || _sas.Exists(sa => sa.Outstanding is not null);

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public Instant WakeAt => _sas.Select(sa => sa.WakeAt).Append(_initRequest?.RetransmitAt ?? Instant.Never).Min();

    /// <summary>Goes on from another endpoint, or to another one; says nothing of it to the responder.</summary>
    public void MoveTo(DatagramPath path) => Path = path;

    /// <summary>One datagram without its non-ESP marker.</summary>
    public InitiatorStep Receive(ReadOnlySpan<byte> datagram, Instant now)
    {
        // A copy: opening deciphers in place.
        byte[] message = datagram.ToArray();
        DropReason drop = IkeHeader.Check(message);
        if (drop != DropReason.None)
        {
            Ignore($"{drop}");
            return Drain();
        }

        IkeHeader.TryRead(message, out IkeHeader header);
        if (header.Exchange == ExchangeType.IkeSaInit)
        {
            ReceiveInit(message, header, now);
        }
        else if (FindSa(header) is { } sa)
        {
            ReceiveProtected(sa, message, now);
        }
        else
        {
            Ignore("no IKE SA of ours");
        }

        _sas.ForEach(sa => sa.Linger(until: now + settings.ReplacedLinger));
        return Drain();
    }

    /// <summary>Sends again what is overdue; gives up after the last try, and what was replaced long ago.</summary>
    public InitiatorStep Tick(Instant now)
    {
        Retransmit(null, _initRequest, now);
        foreach (InitiatorSa sa in _sas.ToList())
        {
            Retransmit(sa, sa.Outstanding, now);
        }

        _sas.FindAll(sa => sa.Outstanding is null && sa.GivenUpAt <= now).ForEach(Drop);
        return Drain();
    }

    public void Dispose()
    {
        _init?.Dispose();
        _sas.ForEach(sa => sa.Dispose());
        _children.ForEach(child => child.Keys.Dispose());
    }

    private InitiatorSa? FindSa(IkeHeader header)
    {
        foreach (InitiatorSa sa in _sas)
        {
            if (sa.Owns(header))
            {
                return sa;
            }
        }

        return null;
    }

    private InitiatorStep Drain()
    {
        var step = new InitiatorStep([.. _send], [.. _events]);
        _send.Clear();
        _events.Clear();
        return step;
    }

    private void Ignore(string cause) => _events.Add(new InitiatorEvent.Ignored(cause));

    private void Fail(string cause, NotifyType refusal = NotifyType.None)
    {
        _initRequest = null;
        CloseAll();
        _events.Add(new InitiatorEvent.Failed(cause, refusal));
    }

    private void CloseAll()
    {
        _sas.ForEach(sa => sa.Dispose());
        _sas.Clear();
        _children.ForEach(child => child.Keys.Dispose());
        _children.Clear();
        (_sa, _isEstablished) = (null, false);
    }

    private void Send(ImmutableArray<byte[]> datagrams)
    {
        foreach (byte[] datagram in datagrams)
        {
            _send.Add(new OutgoingMessage(Path, datagram));
        }
    }

    private OutstandingRequest Ask(MessageId id, ImmutableArray<byte[]> datagrams, Aim aim, ReadAnswer read, Instant now)
    {
        Send(datagrams);
        return new OutstandingRequest(id, datagrams, aim, read) { RetransmitAt = now + settings.RetransmitTimeout };
    }

    /// <summary>Seals a request on an SA and remembers what it is for and what to do with its answer.</summary>
    private void Ask(InitiatorSa sa, ExchangeType exchange, PayloadChain payloads, Aim aim, ReadAnswer read, Instant now)
    {
        if (sa.Outstanding is not null)
        {
            throw new InvalidOperationException("a request is still waiting for its answer");
        }

        MessageId id = sa.NextId;
        PayloadChain altered = Hooks.Altered(exchange, isResponse: false, payloads);
        sa.Outstanding = Ask(id, sa.SealRequest(exchange, altered, settings.FragmentOctets), aim, read, now);
    }

    private void Retransmit(InitiatorSa? sa, OutstandingRequest? request, Instant now)
    {
        if (request is null || request.RetransmitAt > now)
        {
            return;
        }

        if (request.Tries == settings.RetransmitTries)
        {
            GiveUp(sa);
            return;
        }

        request.Tries++;
        request.RetransmitAt = now + (settings.RetransmitTimeout * Math.Pow(settings.RetransmitBase, request.Tries));
        Send(request.Datagrams);
    }

    /// <summary>An SA that was only waiting for its Delete goes quietly.</summary>
    private void GiveUp(InitiatorSa? sa)
    {
        if (sa is { IsLeftover: true })
        {
            Drop(sa);
        }
        else
        {
            Fail("the responder does not answer");
        }
    }

    private void Drop(InitiatorSa sa)
    {
        sa.Dispose();
        _sas.Remove(sa);
    }

    private void ReceiveProtected(InitiatorSa sa, byte[] message, Instant now)
    {
        IkeHeader.TryRead(message, out IkeHeader header);
        (MessageId id, ExchangeType exchange, bool isResponse) = (header.MessageId, header.Exchange, header.IsResponse);
        if (isResponse && sa.Outstanding?.Id != id && !sa.Injected.Contains(id))
        {
            Ignore($"a response with ID {id} that nobody waits for");
            return;
        }

        // RFC 7296 §2.3: it has overtaken the IKE_AUTH response, and comes again once that is through.
        if (!isResponse && !_isEstablished)
        {
            Ignore("a request before IKE_AUTH is through");
            return;
        }

        if (!isResponse && !sa.IsNew(id))
        {
            AnswerAgain(sa, id, message);
            return;
        }

        PayloadChain? chain = sa.Open(message, out string fault);
        if (chain is null)
        {
            if (fault.Length != 0)
            {
                Ignore(fault);
            }

            return;
        }

        if (isResponse && sa.Injected.Remove(id))
        {
            _events.Add(new InitiatorEvent.InjectionAnswered(id, chain));
        }
        else if (!PayloadIndex.TryRead(chain.First, chain.Octets, out PayloadIndex payloads, out ParseFault parseFault))
        {
            Ignore($"{parseFault}");
        }
        else
        {
            Take(sa, exchange, isResponse, payloads, now);
        }
    }

    private void Take(InitiatorSa sa, ExchangeType exchange, bool isResponse, in PayloadIndex payloads, Instant now)
    {
        if (isResponse)
        {
            OutstandingRequest answered = sa.Outstanding!;
            sa.Outstanding = null;
            answered.Read(payloads, now);
        }
        else
        {
            ReceiveRequest(sa, exchange, payloads);
        }

        foreach ((NotifyType type, byte[] data) in StatusNotifies.All(payloads))
        {
            _events.Add(new InitiatorEvent.Notified(exchange, type, [.. data]));
        }
    }
}
