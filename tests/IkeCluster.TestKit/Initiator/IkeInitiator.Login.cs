using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <content>IKE_SA_INIT and IKE_AUTH.</content>
public sealed partial class IkeInitiator
{
    /// <summary>Sends IKE_SA_INIT; the rest of the login follows by itself from the answers.</summary>
    public InitiatorStep Start(Instant now)
    {
        _init = new InitExchange(settings, Hooks, random, Path);
        SendInit(now);
        return Drain();
    }

    private void SendInit(Instant now) =>
        _initRequest = Ask(MessageId.Zero, [_init!.Request], Aim.Other, static (in PayloadIndex _, Instant _) => { }, now);

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
        _sas.Add(_sa);
        Follow(_sa, rounds, rounds.Begin(), now);
    }

    private void Follow(InitiatorSa sa, IAuthRounds rounds, AuthTurn turn, Instant now)
    {
        switch (turn)
        {
            case AuthTurn.Ask ask:
                Ask(
                    sa, ExchangeType.IkeAuth, ask.Request, Aim.Other,
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
}
