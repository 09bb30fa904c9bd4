using System.Buffers.Binary;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>
/// A rekey of the IKE SA by the responder (RFC 7296 §1.3.2, §2.18): it is the original initiator of the new SA, and this
/// side its responder.
/// </summary>
internal sealed class IkeRekeyAcceptance(InitiatorSettings settings, InitiatorSa old, FillRandom random)
{
    public Verdict<InitiatorSa> Judge(in PayloadIndex request, byte[] ni, byte[] nr)
    {
        request.TryFind(PayloadType.Sa, out PayloadView body);
        if (ProposalPick.Choose(settings.IkeProposals, body.Body, sizeof(ulong)) is not { PeerSpi: > 0 } picked)
        {
            return Verdict<InitiatorSa>.Refused(NotifyType.NoProposalChosen);
        }

        if (CreateChildPayloads.Ke(request) is not { } theirs || theirs.Method != picked.Chosen.KeyExchange)
        {
            return Verdict<InitiatorSa>.WrongKe(picked.Chosen.KeyExchange);
        }

        using KeyExchange pair = RandomNumbers.KeyPair(random, theirs.Method);
        using SecretBytes? secret = pair.Derive(theirs.Value);
        return secret is null
            ? Verdict<InitiatorSa>.Refused(NotifyType.InvalidSyntax)
            : Verdict<InitiatorSa>.Accepted(Make(picked, secret, ni, nr, out IkeSpi ourSpi), Answer(picked.Chosen, ourSpi, pair, nr));
    }

    private InitiatorSa Make(PickedProposal picked, SecretBytes secret, byte[] ni, byte[] nr, out IkeSpi ourSpi)
    {
        ourSpi = RandomNumbers.IkeSpi(random);
        var peerSpi = new IkeSpi(picked.PeerSpi);
        IkeKeys keys = KeySchedule.DeriveRekeyedIke(
            old.Negotiated.Proposal.Prf, old.Keys.SkD.Reveal(), picked.Chosen, ni, nr, secret.Reveal(), peerSpi, ourSpi);
        NegotiatedSa negotiated = old.Negotiated with
        {
            InitiatorSpi = peerSpi,
            ResponderSpi = ourSpi,
            IsInitiator = false,
            Proposal = picked.Chosen,
        };
        return new InitiatorSa(negotiated, keys, random);
    }

    private static PayloadChain Answer(Proposal chosen, IkeSpi ourSpi, KeyExchange pair, byte[] nr) =>
        PayloadChain.Of((ref PayloadWriter writer) =>
        {
            Span<byte> spi = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(spi, ourSpi.Value);
            writer.Sa(chosen, spi);
            writer.Nonce(nr);
            writer.Ke(pair.Method, pair.PublicValue);
        });
}
