using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <content>Child SAs that this side asks for.</content>
public sealed partial class IkeInitiator
{
    /// <summary>Another Child SA; <paramref name="pfs"/> None: without a key exchange of its own.</summary>
    public InitiatorStep CreateChild(
        Instant now,
        KeyExchangeMethod pfs = KeyExchangeMethod.None,
        ImmutableArray<TrafficSelector>? localTs = null,
        ImmutableArray<TrafficSelector>? remoteTs = null)
    {
        AskForChild(null, new ChildWish(pfs, localTs ?? settings.LocalTs, remoteTs ?? settings.RemoteTs), now);
        return Drain();
    }

    /// <summary>Replaces a Child SA (RFC 7296 §1.3.3), then deletes the old one.</summary>
    public InitiatorStep RekeyChild(InitiatorChild old, Instant now, KeyExchangeMethod pfs = KeyExchangeMethod.None)
    {
        AskForChild(old, new ChildWish(pfs, old.LocalTs, old.RemoteTs), now);
        return Drain();
    }

    private byte[] MakeNonce() => Hooks.Nonce?.Invoke() ?? RandomNumbers.Nonce(random);

    private void AskForChild(InitiatorChild? old, ChildWish wish, Instant now)
    {
        InitiatorSa sa = RequireSa();
        var offer = ChildOffer.Later(settings, wish, random);
        byte[] ni = MakeNonce();
        sa.DeletedUnknown.Clear();
        PayloadChain request = PayloadChain.Of((ref PayloadWriter writer) =>
        {
            if (old is not null)
            {
                writer.Notify(NotifyType.RekeySa, protocol: SecurityProtocol.Esp, spi: Octets(old.InboundSpi));
            }

            offer.Write(ref writer, ni);
        });
        Aim.RekeyChild? rekey = old is null ? null : new Aim.RekeyChild(old, ni);
        Ask(
            sa, ExchangeType.CreateChildSa, request, (Aim?)rekey ?? new Aim.NewChild(),
            (in PayloadIndex answer, Instant at) =>
            {
                using (offer)
                {
                    // With the responder's own rekey of it done meanwhile there is nothing left to try again.
                    if (rekey?.Rival is null && CreateChildPayloads.WantedInstead(answer, settings.EspProposals, wish.Pfs) is { } wanted)
                    {
                        AskForChild(old, wish with { Pfs = wanted }, at);
                        return;
                    }

                    FinishChild(sa, offer, rekey, ni, answer, at);
                }
            },
            now);
    }

    private void FinishChild(InitiatorSa sa, ChildOffer offer, Aim.RekeyChild? rekey, byte[] ni, in PayloadIndex answer, Instant now)
    {
        NotifyType refusal = ChildOffer.FirstError(answer);
        if (refusal != NotifyType.None)
        {
            FinishRefused(rekey, refusal);
            return;
        }

        if (CreateChildPayloads.Nonce(answer) is not { } nr
            || offer.Settle(answer, sa.Negotiated.Proposal.Prf, sa.Keys, ni, nr, out string fault) is not { } child)
        {
            Ignore("the CREATE_CHILD_SA answer makes no child");
            return;
        }

        _children.Add(child);
        _events.Add(rekey is null
            ? new InitiatorEvent.ChildEstablished(child)
            : new InitiatorEvent.ChildRekeyed(rekey.Old, child));
        if (sa.DeletedUnknown.Contains(child.OutboundSpi))
        {
            Forget(child, byPeer: true);
        }

        if (rekey is not null)
        {
            DeleteWhatLost(sa, rekey, child, ni, nr, now);
        }
    }

    private void FinishRefused(Aim.RekeyChild? rekey, NotifyType refusal)
    {
        _events.Add(new InitiatorEvent.ChildRefused(refusal));
        if (rekey is { Rival: not null })
        {
            _events.Add(new InitiatorEvent.Collided(IsIke: false, OursStays: false));
        }
        else if (rekey is not null && refusal == NotifyType.ChildSaNotFound)
        {
            // RFC 7296 §2.25: without a word to the responder, which does not know it any more.
            Forget(rekey.Old, byPeer: true);
        }
    }

    /// <summary>RFC 7296 §2.8.1: the old child, by whoever made the new one that stays; or our own that lost.</summary>
    private void DeleteWhatLost(InitiatorSa sa, Aim.RekeyChild rekey, InitiatorChild child, byte[] ni, byte[] nr, Instant now)
    {
        bool isSeen = rekey.Rival is not null && Hooks.Collisions != CollisionManners.Blind;
        bool oursStays = !isSeen || !rekey.Rival!.Beats(ni, nr);
        if (isSeen)
        {
            _events.Add(new InitiatorEvent.Collided(IsIke: false, oursStays));
        }

        InitiatorChild loser = oursStays ? rekey.Old : child;
        if (_children.Contains(loser))
        {
            AskToDelete(sa, loser, now);
        }
    }

    private static byte[] Octets(EspSpi spi)
    {
        byte[] octets = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(octets, spi.Value);
        return octets;
    }
}
