using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <content>What an established SA asks of the responder.</content>
public sealed partial class IkeInitiator
{
    /// <summary>Asks whether the responder lives: an empty INFORMATIONAL.</summary>
    public InitiatorStep CheckLiveness(Instant now)
    {
        Ask(
            RequireSa(), ExchangeType.Informational, PayloadChain.Empty,
            (in PayloadIndex _, Instant _) => _events.Add(new InitiatorEvent.LivenessAnswered()), now);
        return Drain();
    }

    /// <summary>Any payloads in an INFORMATIONAL; the answer is read by <paramref name="onAnswer"/>, in whose turn more may be asked.</summary>
    public InitiatorStep SendInformational(Instant now, WritePayloads payloads, ReadAnswer? onAnswer = null)
    {
        Ask(
            RequireSa(), ExchangeType.Informational, PayloadChain.Of(payloads), onAnswer ?? (static (in PayloadIndex _, Instant _) => { }), now);
        return Drain();
    }

    /// <summary>
    /// Sends anything under the SA's keys, past every rule: no window, no repeat. The answer to a request is told by
    /// <see cref="InitiatorEvent.InjectionAnswered"/>. Without <paramref name="id"/> a request takes the next one.
    /// </summary>
    public InitiatorStep Inject(ExchangeType exchange, PayloadChain payloads, MessageId? id = null, bool isResponse = false)
    {
        InitiatorSa sa = RequireSa();
        MessageId used = id ?? sa.NextId;
        sa.NextId = id is null ? sa.NextId.Next : sa.NextId;
        if (!isResponse)
        {
            sa.Injected.Add(used);
        }

        Send([sa.SealInjected(exchange, used, isResponse, payloads)]);
        return Drain();
    }

    /// <summary>Another Child SA; <paramref name="pfs"/> None: without a key exchange of its own.</summary>
    public InitiatorStep CreateChild(
        Instant now,
        KeyExchangeMethod pfs = KeyExchangeMethod.None,
        ImmutableArray<TrafficSelector>? localTs = null,
        ImmutableArray<TrafficSelector>? remoteTs = null)
    {
        AskForChild(null, pfs, localTs ?? settings.LocalTs, remoteTs ?? settings.RemoteTs, now);
        return Drain();
    }

    /// <summary>Replaces a Child SA (RFC 7296 §1.3.3), then deletes the old one.</summary>
    public InitiatorStep RekeyChild(InitiatorChild old, Instant now, KeyExchangeMethod pfs = KeyExchangeMethod.None)
    {
        AskForChild(old, pfs, old.LocalTs, old.RemoteTs, now);
        return Drain();
    }

    /// <summary>Replaces the IKE SA (RFC 7296 §1.3.2); its children move, and the old one is deleted.</summary>
    public InitiatorStep RekeyIke(Instant now)
    {
        AskForIkeRekey(settings.FirstGuess ?? RequireSa().Negotiated.Proposal.KeyExchange, now);
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
        Ask(
            RequireSa(), ExchangeType.Informational, PayloadChain.Of((ref PayloadWriter writer) => writer.DeleteIke()),
            (in PayloadIndex _, Instant _) =>
            {
                CloseAll();
                _events.Add(new InitiatorEvent.Closed(ByPeer: false));
            },
            now);
        return Drain();
    }

    private InitiatorSa RequireSa() => _isEstablished ? _sa! : throw new InvalidOperationException("no IKE SA is established");

    private void AskForChild(
        InitiatorChild? old, KeyExchangeMethod pfs, ImmutableArray<TrafficSelector> localTs, ImmutableArray<TrafficSelector> remoteTs,
        Instant now)
    {
        InitiatorSa sa = RequireSa();
        var offer = ChildOffer.Later(settings, localTs, remoteTs, pfs, random);
        byte[] ni = RandomNumbers.Nonce(random);
        PayloadChain request = PayloadChain.Of((ref PayloadWriter writer) =>
        {
            if (old is not null)
            {
                writer.Notify(NotifyType.RekeySa, protocol: SecurityProtocol.Esp, spi: Octets(old.InboundSpi));
            }

            offer.Write(ref writer, ni);
        });
        Ask(
            sa, ExchangeType.CreateChildSa, request,
            (in PayloadIndex answer, Instant at) =>
            {
                using (offer)
                {
                    if (WantedInstead(answer) is { } wanted)
                    {
                        AskForChild(old, wanted, localTs, remoteTs, at);
                        return;
                    }

                    FinishChild(sa, offer, old, ni, answer, at);
                }
            },
            now);
    }

    private void FinishChild(InitiatorSa sa, ChildOffer offer, InitiatorChild? old, byte[] ni, in PayloadIndex answer, Instant now)
    {
        NotifyType refusal = ChildOffer.FirstError(answer);
        if (refusal != NotifyType.None)
        {
            _events.Add(new InitiatorEvent.ChildRefused(refusal));
            return;
        }

        if (NonceOf(answer) is not { } nr
            || offer.Settle(answer, sa.Negotiated.Proposal.Prf, sa.Keys, ni, nr, out string fault) is not { } child)
        {
            Ignore("the CREATE_CHILD_SA answer makes no child");
            return;
        }

        _children.Add(child);
        _events.Add(old is null ? new InitiatorEvent.ChildEstablished(child) : new InitiatorEvent.ChildRekeyed(old, child));
        if (old is not null)
        {
            AskToDelete(sa, old, now);
        }
    }

    private void AskForIkeRekey(KeyExchangeMethod method, Instant now)
    {
        InitiatorSa sa = RequireSa();
        IkeSpi spi = RandomNumbers.IkeSpi(random);
        byte[] ni = RandomNumbers.Nonce(random);
        KeyExchange pair = RandomNumbers.KeyPair(random, method);
        PayloadChain request = PayloadChain.Of((ref PayloadWriter writer) =>
        {
            Span<byte> octets = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(octets, spi.Value);
            writer.Sa(settings.IkeProposals, octets);
            writer.Nonce(ni);
            writer.Ke(pair.Method, pair.PublicValue);
        });
        Ask(
            sa, ExchangeType.CreateChildSa, request,
            (in PayloadIndex answer, Instant at) =>
            {
                using (pair)
                {
                    if (WantedInstead(answer) is { } wanted)
                    {
                        AskForIkeRekey(wanted, at);
                        return;
                    }

                    FinishIkeRekey(sa, spi, ni, pair, answer, at);
                }
            },
            now);
    }

    private void FinishIkeRekey(InitiatorSa old, IkeSpi spi, byte[] ni, KeyExchange pair, in PayloadIndex answer, Instant now)
    {
        NotifyType refusal = ChildOffer.FirstError(answer);
        if (refusal != NotifyType.None)
        {
            _events.Add(new InitiatorEvent.IkeRekeyRefused(refusal));
            return;
        }

        if (!answer.TryFind(PayloadType.Sa, out PayloadView sa) || NonceOf(answer) is not { } nr
            || ChosenProposal.Find(sa.Body, settings.IkeProposals, out _) is not { } chosen
            || !answer.TryFind(PayloadType.Ke, out PayloadView keView) || !KePayload.TryRead(keView.Body, out KePayload ke, out _)
            || ke.Method != chosen.KeyExchange || pair.Derive(ke.Value) is not { } secret)
        {
            Ignore("the CREATE_CHILD_SA answer makes no IKE SA");
            return;
        }

        using (secret)
        {
            var peerSpi = new IkeSpi(ChosenProposal.SpiOf(sa.Body, sizeof(ulong)));
            IkeKeys keys = KeySchedule.DeriveRekeyedIke(
                old.Negotiated.Proposal.Prf, old.Keys.SkD.Reveal(), chosen, ni, nr, secret.Reveal(), spi, peerSpi);
            _sa = new InitiatorSa(old.Negotiated with { InitiatorSpi = spi, ResponderSpi = peerSpi, Proposal = chosen }, keys, random);
        }

        _oldSa = old;
        _events.Add(new InitiatorEvent.IkeRekeyed(_sa.Negotiated));
        AskToDeleteOld(old, now);
    }

    private void AskToDeleteOld(InitiatorSa old, Instant now) => Ask(
        old, ExchangeType.Informational, PayloadChain.Of((ref PayloadWriter writer) => writer.DeleteIke()),
        (in PayloadIndex _, Instant _) =>
        {
            old.Dispose();
            _oldSa = null;
        },
        now);

    private void AskToDelete(InitiatorSa sa, InitiatorChild child, Instant now) => Ask(
        sa, ExchangeType.Informational,
        PayloadChain.Of((ref PayloadWriter writer) => writer.DeleteChildren(SecurityProtocol.Esp, [child.InboundSpi])),
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

    /// <summary>The method that INVALID_KE_PAYLOAD asks for, if it does.</summary>
    private static KeyExchangeMethod? WantedInstead(in PayloadIndex answer) =>
        answer.TryFindNotify(NotifyType.InvalidKePayload, out NotifyPayload notify) && notify.Data.Length == sizeof(ushort)
            ? (KeyExchangeMethod)BinaryPrimitives.ReadUInt16BigEndian(notify.Data)
            : null;

    private static byte[]? NonceOf(in PayloadIndex answer) =>
        answer.TryFind(PayloadType.Nonce, out PayloadView view) && NoncePayload.TryRead(view.Body, out NoncePayload nonce, out _)
            ? nonce.Value.ToArray()
            : null;

    private static byte[] Octets(EspSpi spi)
    {
        byte[] octets = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(octets, spi.Value);
        return octets;
    }
}
