using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <content>What the responder asks, and is told; collisions by RFC 7296 §2.25.</content>
public sealed partial class IkeInitiator
{
    /// <summary>Children that the responder has rekeyed and not yet deleted, by our inbound SPI.</summary>
    private readonly HashSet<EspSpi> _replaced = [];

    private void AnswerAgain(InitiatorSa sa, MessageId id, byte[] message)
    {
        Send(sa.RepeatReply(id, message, out string cause));
        Ignore(cause);
    }

    private void ReceiveRequest(InitiatorSa sa, ExchangeType exchange, in PayloadIndex payloads)
    {
        _events.Add(new InitiatorEvent.PeerAsked(exchange));
        if (exchange == ExchangeType.Informational)
        {
            AnswerInformational(sa, payloads);
        }
        else
        {
            AnswerCreateChild(sa, exchange, payloads);
        }
    }

    private void Reply(InitiatorSa sa, ExchangeType exchange, PayloadChain payloads) =>
        Send(sa.SealReply(exchange, Hooks.Altered(exchange, isResponse: true, payloads), settings.FragmentOctets));

    private void Refuse(InitiatorSa sa, ExchangeType exchange, NotifyType refusal, params byte[] data)
    {
        _events.Add(new InitiatorEvent.PeerRefused(refusal));
        Reply(sa, exchange, PayloadChain.Of((ref PayloadWriter writer) => writer.Notify(refusal, data)));
    }

    private void AnswerCreateChild(InitiatorSa sa, ExchangeType exchange, in PayloadIndex payloads)
    {
        if (Hooks.RefuseWith != NotifyType.None)
        {
            Refuse(sa, exchange, Hooks.RefuseWith);
        }
        else if (payloads.UnsupportedCritical != PayloadType.None)
        {
            Refuse(sa, exchange, NotifyType.UnsupportedCriticalPayload, (byte)payloads.UnsupportedCritical);
        }
        else if (exchange != ExchangeType.CreateChildSa || CreateChildPayloads.Nonce(payloads) is not { } ni
            || !payloads.TryFind(PayloadType.Sa, out PayloadView body)
            || !SaPayload.TryReadProposals(body.Body, out ImmutableArray<Proposal> offered) || offered.IsEmpty)
        {
            Refuse(sa, exchange, NotifyType.InvalidSyntax);
        }
        else if (sa.IsLeftover || sa.Outstanding?.Aim is Aim.DeleteIke)
        {
            Refuse(sa, exchange, NotifyType.TemporaryFailure);
        }
        else if (offered[0].Protocol == SecurityProtocol.Ike)
        {
            AnswerIkeRekey(sa, payloads, ni);
        }
        else
        {
            AnswerChild(sa, payloads, ni);
        }
    }

    private void AnswerIkeRekey(InitiatorSa sa, in PayloadIndex request, byte[] ni)
    {
        var clash = sa.Outstanding?.Aim as Aim.RekeyIke;
        if (sa.Outstanding?.Aim is Aim.NewChild or Aim.RekeyChild or Aim.DeleteChild || (clash is not null && !MayJoin(clash.Rival)))
        {
            Refuse(sa, ExchangeType.CreateChildSa, NotifyType.TemporaryFailure);
            return;
        }

        byte[] nr = MakeNonce();
        Verdict<InitiatorSa> verdict = new IkeRekeyAcceptance(settings, sa, random).Judge(request, ni, nr);
        Answer(sa, verdict);
        if (verdict.Made is not { } made)
        {
            return;
        }

        _sas.Add(made);
        if (clash is null)
        {
            Adopt(made, sa, byPeer: true);
        }
        else
        {
            clash.Rival = new Rival<InitiatorSa>(made, ni, nr);
        }
    }

    private void AnswerChild(InitiatorSa sa, in PayloadIndex request, byte[] ni)
    {
        InitiatorChild? old = null;
        if (request.TryFindNotify(NotifyType.RekeySa, out NotifyPayload rekey) && (old = FindRekeyed(rekey)) is null)
        {
            RefuseUnknownChild(sa, rekey);
            return;
        }

        var clash = sa.Outstanding?.Aim as Aim.RekeyChild;
        clash = clash?.Old == old ? clash : null;
        if (sa.Outstanding?.Aim is Aim.RekeyIke || (old is not null && IsGoing(old)) || (clash is not null && !MayJoin(clash.Rival)))
        {
            Refuse(sa, ExchangeType.CreateChildSa, NotifyType.TemporaryFailure);
            return;
        }

        byte[] nr = MakeNonce();
        Verdict<InitiatorChild> verdict = new ChildAcceptance(settings, sa, random).Judge(request, old, ni, nr);
        Answer(sa, verdict);
        if (verdict.Made is { } made)
        {
            Install(made, old);
            clash?.Rival = new Rival<InitiatorChild>(made, ni, nr);
        }
    }

    private void Answer<T>(InitiatorSa sa, Verdict<T> verdict)
        where T : class
    {
        if (verdict.Made is null)
        {
            _events.Add(new InitiatorEvent.PeerRefused(verdict.Refusal));
        }

        Reply(sa, ExchangeType.CreateChildSa, verdict.Answer);
    }

    private void Install(InitiatorChild made, InitiatorChild? old)
    {
        _children.Add(made);
        if (old is null)
        {
            _events.Add(new InitiatorEvent.ChildEstablished(made, ByPeer: true));
            return;
        }

        _replaced.Add(old.InboundSpi);
        _events.Add(new InitiatorEvent.ChildRekeyed(old, made, ByPeer: true));
    }

    /// <summary>A collision is answered as usual, once.</summary>
    private bool MayJoin<T>(Rival<T>? earlier) => earlier is null && Hooks.Collisions != CollisionManners.Refuses;

    private bool IsGoing(InitiatorChild child) => IsBeingDeleted(child) || _replaced.Contains(child.InboundSpi);

    /// <summary>RFC 7296 §1.3.3: REKEY_SA names the SPI that its sender expects inbound.</summary>
    private InitiatorChild? FindRekeyed(in NotifyPayload rekey)
    {
        if (rekey.Protocol != SecurityProtocol.Esp || rekey.Spi.Length != sizeof(uint))
        {
            return null;
        }

        var spi = new EspSpi(BinaryPrimitives.ReadUInt32BigEndian(rekey.Spi));
        return _children.Find(child => child.OutboundSpi == spi);
    }

    /// <summary>RFC 7296 §2.25: CHILD_SA_NOT_FOUND says which.</summary>
    private void RefuseUnknownChild(InitiatorSa sa, in NotifyPayload rekey)
    {
        (SecurityProtocol protocol, byte[] spi) = (rekey.Protocol, rekey.Spi.ToArray());
        _events.Add(new InitiatorEvent.PeerRefused(NotifyType.ChildSaNotFound));
        Reply(
            sa, ExchangeType.CreateChildSa,
            PayloadChain.Of((ref PayloadWriter writer) => writer.Notify(NotifyType.ChildSaNotFound, [], protocol, spi)));
    }
}
