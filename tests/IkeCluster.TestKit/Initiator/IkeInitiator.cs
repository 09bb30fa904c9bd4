using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>
/// An IKEv2 initiator without sockets, clock or threads: what it should send and what it learned come back from every
/// call. It knows Protocol and Crypto but not the Engine, so a misreading there is not mirrored here.
/// </summary>
/// <param name="settings">Who it is and what it asks for.</param>
/// <param name="random">All its chance.</param>
/// <param name="path">From its own endpoint to the responder's port 500, or 4500 with the marker.</param>
public sealed partial class IkeInitiator(InitiatorSettings settings, FillRandom random, DatagramPath path) : IDisposable
{
    private readonly List<OutgoingMessage> _send = [];
    private readonly List<InitiatorEvent> _events = [];
    private readonly List<InitiatorChild> _children = [];
    private InitExchange? _init;
    private OutstandingRequest? _initRequest;
    private InitiatorSa? _sa;
    private InitiatorSa? _oldSa;
    private bool _isEstablished;

    /// <summary>Where it sends to; moves to the NAT-T port once a NAT is found (RFC 7296 §2.23).</summary>
    public DatagramPath Path { get; private set; } = path;

    /// <summary>Goes on from another endpoint, or to another one; says nothing of it to the responder.</summary>
    public void MoveTo(DatagramPath path) => Path = path;

    /// <summary>Null until IKE_AUTH is through, and after the IKE SA is gone.</summary>
    public NegotiatedSa? Sa => _isEstablished ? _sa?.Negotiated : null;

    public IReadOnlyList<InitiatorChild> Children => _children;

    /// <summary>A request waits for its answer, and another one has to wait too (window of one).</summary>
    public bool IsBusy => _initRequest is not null || _sa?.Outstanding is not null || _oldSa?.Outstanding is not null;

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public Instant WakeAt => new[] { _initRequest, _sa?.Outstanding, _oldSa?.Outstanding }
        .Min(request => request?.RetransmitAt ?? Instant.Never);

    /// <summary>Sends IKE_SA_INIT; the rest of the login follows by itself from the answers.</summary>
    public InitiatorStep Start(Instant now)
    {
        _init = new InitExchange(settings, random, Path);
        SendInit(now);
        return Drain();
    }

    /// <summary>One datagram without its non-ESP marker.</summary>
    public InitiatorStep Receive(ReadOnlySpan<byte> datagram, Instant now)
    {
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

        return Drain();
    }

    /// <summary>Sends again what is overdue; gives up after the last try.</summary>
    public InitiatorStep Tick(Instant now)
    {
        Retransmit(_initRequest, now);
        Retransmit(_sa?.Outstanding, now);
        Retransmit(_oldSa?.Outstanding, now);
        return Drain();
    }

    public void Dispose()
    {
        _init?.Dispose();
        _sa?.Dispose();
        _oldSa?.Dispose();
        _children.ForEach(child => child.Keys.Dispose());
    }

    private InitiatorSa? FindSa(IkeHeader header) =>
        _sa?.Owns(header) == true ? _sa : _oldSa?.Owns(header) == true ? _oldSa : null;

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
        _sa?.Dispose();
        _oldSa?.Dispose();
        _children.ForEach(child => child.Keys.Dispose());
        _children.Clear();
        (_sa, _oldSa, _isEstablished) = (null, null, false);
    }

    private void Send(ImmutableArray<byte[]> datagrams)
    {
        foreach (byte[] datagram in datagrams)
        {
            _send.Add(new OutgoingMessage(Path, datagram));
        }
    }

    private OutstandingRequest Ask(MessageId id, ImmutableArray<byte[]> datagrams, ReadAnswer read, Instant now)
    {
        Send(datagrams);
        return new OutstandingRequest(id, datagrams, read) { RetransmitAt = now + settings.RetransmitTimeout };
    }

    /// <summary>Seals a request on an SA and remembers what to do with its answer.</summary>
    private void Ask(InitiatorSa sa, ExchangeType exchange, PayloadChain payloads, ReadAnswer read, Instant now)
    {
        if (sa.Outstanding is not null)
        {
            throw new InvalidOperationException("a request is still waiting for its answer");
        }

        MessageId id = sa.NextId;
        sa.Outstanding = Ask(id, sa.SealRequest(exchange, payloads, settings.FragmentOctets), read, now);
    }

    private void Retransmit(OutstandingRequest? request, Instant now)
    {
        if (request is null || request.RetransmitAt > now)
        {
            return;
        }

        if (request.Tries == settings.RetransmitTries)
        {
            Fail("the responder does not answer");
            return;
        }

        request.Tries++;
        request.RetransmitAt = now + (settings.RetransmitTimeout * Math.Pow(settings.RetransmitBase, request.Tries));
        Send(request.Datagrams);
    }

    private void SendInit(Instant now) =>
        _initRequest = Ask(MessageId.Zero, [_init!.Request], static (in PayloadIndex _, Instant _) => { }, now);

    private void ReceiveInit(byte[] message, IkeHeader header, Instant now)
    {
        if (_initRequest is null || !header.IsResponse || header.InitiatorSpi != _init!.Spi || header.MessageId != MessageId.Zero)
        {
            Ignore("not the answer to our IKE_SA_INIT");
            return;
        }

        InitResult? result = _init.Read(message, out string fault, out NotifyType refusal);
        if (result is not null)
        {
            _initRequest = null;
            Authenticate(result, now);
        }
        else if (fault.Length == 0)
        {
            SendInit(now);
        }
        else
        {
            Fail(fault, refusal);
            TellRedirect(message, header);
        }
    }

    private void TellRedirect(byte[] message, IkeHeader header)
    {
        if (PayloadIndex.TryRead(header.NextPayload, message.AsSpan(IkeHeader.Octets), out PayloadIndex payloads, out _)
            && payloads.TryFindNotify(NotifyType.Redirect, out NotifyPayload redirect))
        {
            _events.Add(new InitiatorEvent.Notified(header.Exchange, redirect.Type, [.. redirect.Data]));
        }
    }

    private void Authenticate(InitResult init, Instant now)
    {
        // RFC 4555 §3.3: MOBIKE goes to the NAT-T port though no NAT is there yet.
        if (init.LocalBehindNat || init.RemoteBehindNat || settings.AuthNotifies.Contains(NotifyType.MobikeSupported))
        {
            MoveToNattPort();
        }

        IAuthRounds rounds = AuthRounds.For(settings, init, random);
        _sa = new InitiatorSa(Unproved(init), init.Keys, random) { NextId = new MessageId(1) };
        Follow(_sa, rounds, rounds.Begin(), now);
    }

    private void Follow(InitiatorSa sa, IAuthRounds rounds, AuthTurn turn, Instant now)
    {
        switch (turn)
        {
            case AuthTurn.Ask ask:
                Ask(
                    sa, ExchangeType.IkeAuth, ask.Request,
                    (in PayloadIndex answer, Instant at) => Follow(sa, rounds, rounds.Answered(answer, at), at), now);
                break;
            case AuthTurn.Failed failed:
                Fail(failed.Cause, failed.Refusal);
                break;
            case AuthTurn.Done done:
                FinishLogin(sa, done.Result);
                break;
        }
    }

    /// <summary>What is needed to seal IKE_AUTH, before anybody has proved anything.</summary>
    private static NegotiatedSa Unproved(InitResult init) => new()
    {
        InitiatorSpi = init.InitiatorSpi,
        ResponderSpi = init.ResponderSpi,
        Proposal = init.Chosen,
        RemoteId = Identity.Any,
        RemoteAuth = "",
        Fragmentation = init.Fragmentation,
    };

    private void MoveToNattPort()
    {
        ushort local = settings.LocalNattPort == 0 ? Path.Local.Port : settings.LocalNattPort;
        Path = new DatagramPath(
            Path.Remote with { Port = settings.RemoteNattPort }, Path.Local with { Port = local }, NonEspMarker: true);
    }

    private void FinishLogin(InitiatorSa sa, AuthResult result)
    {
        sa.Negotiated = result.Sa;
        _isEstablished = true;
        _events.Add(new InitiatorEvent.Established(result.Sa));
        if (result.Child is { } child)
        {
            _children.Add(child);
            _events.Add(new InitiatorEvent.ChildEstablished(child));
        }
        else if (result.ChildRefusal != NotifyType.None)
        {
            _events.Add(new InitiatorEvent.ChildRefused(result.ChildRefusal));
        }
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

        // A copy: opening deciphers in place, and a repeat is judged by its header alone.
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
            Take(sa, exchange, id, isResponse, payloads, now);
        }
    }

    private void Take(InitiatorSa sa, ExchangeType exchange, MessageId id, bool isResponse, in PayloadIndex payloads, Instant now)
    {
        if (isResponse)
        {
            OutstandingRequest answered = sa.Outstanding!;
            sa.Outstanding = null;
            answered.Read(payloads, now);
        }
        else if (!ReceiveRequest(sa, exchange, id, payloads))
        {
            return;
        }

        Tell(exchange, payloads);
    }

    private void Tell(ExchangeType exchange, in PayloadIndex payloads)
    {
        foreach ((NotifyType type, byte[] data) in StatusNotifies.All(payloads))
        {
            _events.Add(new InitiatorEvent.Notified(exchange, type, [.. data]));
        }
    }
}
