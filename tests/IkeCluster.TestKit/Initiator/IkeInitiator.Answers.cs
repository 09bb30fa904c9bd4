using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <content>What the responder asks, and is told.</content>
public sealed partial class IkeInitiator
{
    /// <summary>False: a repeat or out of turn, and nothing came of it.</summary>
    private bool ReceiveRequest(InitiatorSa sa, ExchangeType exchange, MessageId id, in PayloadIndex payloads)
    {
        if (!sa.IsNew(id))
        {
            ImmutableArray<byte[]> stored = sa.RepeatReply(id);
            Ignore(stored.IsEmpty ? $"a request with ID {id} out of turn" : $"a repeat of request {id}, answered again");
            Send(stored);
            return false;
        }

        _events.Add(new InitiatorEvent.PeerAsked(exchange));
        if (exchange == ExchangeType.Informational)
        {
            AnswerInformational(sa, payloads);
        }
        else
        {
            // It makes no SAs on the responder's wish (RFC 7296 §1.3: NO_ADDITIONAL_SAS).
            Reply(sa, exchange, PayloadChain.Of((ref PayloadWriter writer) => writer.Notify(NotifyType.NoAdditionalSas)));
        }

        return true;
    }

    private void AnswerInformational(InitiatorSa sa, in PayloadIndex payloads)
    {
        List<InitiatorChild> deleted = [];
        bool endsIke = false;
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type == PayloadType.Delete && DeletePayload.TryRead(payloads[i].Body, out DeletePayload delete, out _))
            {
                endsIke |= delete.Protocol == SecurityProtocol.Ike;
                deleted.AddRange(ChildrenOf(delete));
            }
        }

        // RFC 7296 §1.4.1: the answer names the other half of each pair; the answer to an IKE SA's delete is empty.
        EspSpi[] halves = [.. deleted.Select(child => child.InboundSpi)];
        byte[]? probe = payloads.TryFindNotify(NotifyType.Cookie2, out NotifyPayload cookie) ? cookie.Data.ToArray() : null;
        Reply(sa, ExchangeType.Informational, PayloadChain.Of((ref PayloadWriter writer) =>
        {
            if (!endsIke && halves.Length != 0)
            {
                writer.DeleteChildren(SecurityProtocol.Esp, halves);
            }

            // RFC 4555 §3.7: whoever can echo it receives at its address.
            if (probe is not null)
            {
                writer.Notify(NotifyType.Cookie2, probe);
            }
        }));
        deleted.ForEach(child => Forget(child, byPeer: true));
        if (endsIke)
        {
            End(sa);
        }
    }

    private List<InitiatorChild> ChildrenOf(DeletePayload delete)
    {
        List<InitiatorChild> found = [];
        for (int i = 0; delete.Protocol == SecurityProtocol.Esp && i < delete.Count; i++)
        {
            EspSpi spi = delete.Spi(i);
            found.AddRange(_children.Where(child => child.OutboundSpi == spi));
        }

        return found;
    }

    private void Reply(InitiatorSa sa, ExchangeType exchange, PayloadChain payloads) =>
        Send(sa.SealReply(exchange, payloads, settings.FragmentOctets));

    private void End(InitiatorSa sa)
    {
        if (sa == _oldSa)
        {
            _oldSa.Dispose();
            _oldSa = null;
            return;
        }

        CloseAll();
        _events.Add(new InitiatorEvent.Closed(ByPeer: true));
    }
}
