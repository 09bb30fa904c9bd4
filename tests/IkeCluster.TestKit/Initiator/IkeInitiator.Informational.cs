using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <content>INFORMATIONAL, from either side, and what a test makes up.</content>
public sealed partial class IkeInitiator
{
    /// <summary>Asks whether the responder lives: an empty INFORMATIONAL.</summary>
    public InitiatorStep CheckLiveness(Instant now)
    {
        Ask(
            RequireSa(), ExchangeType.Informational, PayloadChain.Empty, Aim.Other,
            (in PayloadIndex _, Instant _) => _events.Add(new InitiatorEvent.LivenessAnswered()), now);
        return Drain();
    }

    /// <summary>Any payloads in an INFORMATIONAL; the answer is read by <paramref name="onAnswer"/>, in whose turn more may be asked.</summary>
    public InitiatorStep SendInformational(Instant now, WritePayloads payloads, ReadAnswer? onAnswer = null)
    {
        Ask(
            RequireSa(), ExchangeType.Informational, PayloadChain.Of(payloads), Aim.Other,
            onAnswer ?? (static (in PayloadIndex _, Instant _) => { }), now);
        return Drain();
    }

    /// <summary>
    /// Sends anything under the SA's keys, past every rule: no window, no repeat. The answer to a request is told by
    /// <see cref="InitiatorEvent.InjectionAnswered"/>. Without <paramref name="id"/> a request takes the next one.
    /// </summary>
    public InitiatorStep Inject(ExchangeType exchange, PayloadChain payloads, MessageId? id = null, bool isResponse = false)
    {
        InitiatorSa sa = _sa ?? throw new InvalidOperationException("there are no keys before IKE_SA_INIT is answered");
        MessageId used = id ?? sa.NextId;
        sa.NextId = id is null ? sa.NextId.Next : sa.NextId;
        if (!isResponse)
        {
            sa.Injected.Add(used);
        }

        Send([sa.SealInjected(exchange, used, isResponse, payloads)]);
        return Drain();
    }

    public InitiatorStep DeleteChild(InitiatorChild child, Instant now)
    {
        AskToDelete(RequireSa(), child, now);
        return Drain();
    }

    /// <summary>Ends the IKE SA and all its children.</summary>
    public InitiatorStep DeleteIke(Instant now)
    {
        AskToDelete(
            RequireSa(),
            () =>
            {
                CloseAll();
                _events.Add(new InitiatorEvent.Closed(ByPeer: false));
            },
            now);
        return Drain();
    }

    private InitiatorSa RequireSa() => _isEstablished ? _sa! : throw new InvalidOperationException("no IKE SA is established");

    /// <summary>Deletes a whole IKE SA, which takes no more exchanges from here on.</summary>
    private void AskToDelete(InitiatorSa sa, Action onAnswer, Instant now) => Ask(
        sa, ExchangeType.Informational, PayloadChain.Of((ref PayloadWriter writer) => writer.DeleteIke()), new Aim.DeleteIke(),
        (in PayloadIndex _, Instant _) => onAnswer(), now);

    private void AskToDelete(InitiatorSa sa, InitiatorChild child, Instant now) => Ask(
        sa, ExchangeType.Informational,
        PayloadChain.Of((ref PayloadWriter writer) => writer.DeleteChildren(SecurityProtocol.Esp, [child.InboundSpi])),
        new Aim.DeleteChild(child),
        (in PayloadIndex _, Instant _) => Forget(child, byPeer: false),
        now);

    private void Forget(InitiatorChild child, bool byPeer)
    {
        if (_children.Remove(child))
        {
            child.Keys.Dispose();
            _events.Add(new InitiatorEvent.ChildDeleted(child, byPeer));
        }
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
                deleted.AddRange(ChildrenOf(sa, delete));
            }
        }

        byte[]? probe = payloads.TryFindNotify(NotifyType.Cookie2, out NotifyPayload cookie) ? cookie.Data.ToArray() : null;
        EspSpi[] halves = endsIke ? [] : OtherHalves(deleted);
        Reply(sa, ExchangeType.Informational, PayloadChain.Of((ref PayloadWriter writer) =>
        {
            if (halves.Length != 0)
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
            EndByPeer(sa);
        }
    }

    private List<InitiatorChild> ChildrenOf(InitiatorSa sa, DeletePayload delete)
    {
        List<InitiatorChild> found = [];
        for (int i = 0; delete.Protocol == SecurityProtocol.Esp && i < delete.Count; i++)
        {
            EspSpi spi = delete.Spi(i);
            if (_children.Find(child => child.OutboundSpi == spi) is { } known)
            {
                found.Add(known);
            }
            else
            {
                sa.DeletedUnknown.Add(spi);
            }
        }

        return found;
    }

    /// <summary>RFC 7296 §1.4.1: the answer names the other half of each pair, but not of one whose Delete is on its way.</summary>
    private EspSpi[] OtherHalves(List<InitiatorChild> deleted) =>
        [.. deleted.Where(child => !IsBeingDeleted(child)).Select(child => child.InboundSpi)];

    private bool IsBeingDeleted(InitiatorChild child) =>
        _sas.Exists(sa => sa.Outstanding?.Aim is Aim.DeleteChild deleting && deleting.Child == child);
}
