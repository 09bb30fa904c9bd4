using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <content>Rekeys of the IKE SA that this side begins, and which SA is in use after all.</content>
public sealed partial class IkeInitiator
{
    /// <summary>Replaces the IKE SA (RFC 7296 §1.3.2); its children move, and the old one is deleted.</summary>
    public InitiatorStep RekeyIke(Instant now)
    {
        AskForIkeRekey(settings.FirstGuess ?? RequireSa().Negotiated.Proposal.KeyExchange, now);
        return Drain();
    }

    private void AskForIkeRekey(KeyExchangeMethod method, Instant now)
    {
        InitiatorSa sa = RequireSa();
        var aim = new Aim.RekeyIke(MakeNonce());
        var offer = new IkeOffer(settings, method, aim.Nonce, random);
        Ask(
            sa, ExchangeType.CreateChildSa, PayloadChain.Of(offer.Write), aim,
            (in PayloadIndex answer, Instant at) =>
            {
                using (offer)
                {
                    if (aim.Rival is null && CreateChildPayloads.WantedInstead(answer, settings.IkeProposals, method) is { } wanted)
                    {
                        AskForIkeRekey(wanted, at);
                        return;
                    }

                    FinishIkeRekey(sa, offer, aim, answer, at);
                }
            },
            now);
    }

    private void FinishIkeRekey(InitiatorSa old, IkeOffer offer, Aim.RekeyIke aim, in PayloadIndex answer, Instant now)
    {
        NotifyType refusal = ChildOffer.FirstError(answer);
        if (refusal != NotifyType.None)
        {
            _events.Add(new InitiatorEvent.IkeRekeyRefused(refusal));
            AdoptRival(old, aim);
            return;
        }

        if (offer.Settle(answer, old) is not { } made)
        {
            Ignore("the CREATE_CHILD_SA answer makes no IKE SA");
            AdoptRival(old, aim);
            return;
        }

        _sas.Add(made);
        DeleteWhatLost(old, made, aim, CreateChildPayloads.Nonce(answer)!, now);
    }

    /// <summary>RFC 7296 §2.8.2: the old SA, by whoever made the new one that stays; or our own that lost.</summary>
    private void DeleteWhatLost(InitiatorSa old, InitiatorSa made, Aim.RekeyIke aim, byte[] nr, Instant now)
    {
        InitiatorSa? rival = Hooks.Collisions == CollisionManners.Blind ? null : aim.Rival?.Made;
        bool oursStays = rival is null || !aim.Rival!.Beats(aim.Nonce, nr) || !_sas.Contains(rival);
        if (rival is not null)
        {
            rival.IsLeftover = oursStays;
            _events.Add(new InitiatorEvent.Collided(IsIke: true, oursStays));
        }

        Adopt(oursStays ? made : rival!, old, byPeer: !oursStays);
        InitiatorSa loser = oursStays ? old : made;
        loser.IsLeftover = true;
        AskToDelete(loser, () => Drop(loser), now);
    }

    private void Adopt(InitiatorSa next, InitiatorSa old, bool byPeer)
    {
        old.IsLeftover = true;
        _sa = next;
        _events.Add(new InitiatorEvent.IkeRekeyed(next.Negotiated, byPeer));
    }

    /// <summary>Our own rekey came to nothing; what the responder's made meanwhile, if anything, takes over.</summary>
    private bool AdoptRival(InitiatorSa old, Aim.RekeyIke aim)
    {
        if (aim.Rival is not { } rival || !_sas.Contains(rival.Made))
        {
            return false;
        }

        _events.Add(new InitiatorEvent.Collided(IsIke: true, OursStays: false));
        Adopt(rival.Made, old, byPeer: true);
        return true;
    }

    /// <summary>The responder has deleted an IKE SA; what we asked under it is forgotten (RFC 7296 §2.25.2).</summary>
    private void EndByPeer(InitiatorSa sa)
    {
        if (sa != _sa || (sa.Outstanding?.Aim is Aim.RekeyIke aim && AdoptRival(sa, aim)))
        {
            Drop(sa);
            return;
        }

        CloseAll();
        _events.Add(new InitiatorEvent.Closed(ByPeer: true));
    }
}
