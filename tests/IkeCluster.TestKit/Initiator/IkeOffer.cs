using System.Buffers.Binary;
using IkeCluster.Crypto;
using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.TestKit.Initiator;

/// <summary>An IKE SA that is to replace another (RFC 7296 §1.3.2).</summary>
internal sealed class IkeOffer(InitiatorSettings settings, KeyExchangeMethod method, byte[] ni, FillRandom random) : IDisposable
{
    private readonly IkeSpi _spi = RandomNumbers.IkeSpi(random);
    private readonly KeyExchange _pair = RandomNumbers.KeyPair(random, method);

    public KeyExchangeMethod Method => method;

    public void Write(ref PayloadWriter writer)
    {
        Span<byte> octets = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(octets, _spi.Value);
        writer.Sa(settings.IkeProposals, octets);
        writer.Nonce(ni);
        writer.Ke(_pair.Method, _pair.PublicValue);
    }

    /// <summary>The new SA; null where the answer does not fit the offer.</summary>
    public InitiatorSa? Settle(in PayloadIndex answer, InitiatorSa old)
    {
        if (!answer.TryFind(PayloadType.Sa, out PayloadView body) || CreateChildPayloads.Nonce(answer) is not { } nr
            || ChosenProposal.Find(body.Body, settings.IkeProposals, out _) is not { } chosen
            || CreateChildPayloads.Ke(answer) is not { } ke || ke.Method != _pair.Method || ke.Method != chosen.KeyExchange)
        {
            return null;
        }

        var peerSpi = new IkeSpi(ChosenProposal.SpiOf(body.Body, sizeof(ulong)));
        using SecretBytes? secret = peerSpi.IsZero ? null : _pair.Derive(ke.Value);
        if (secret is null)
        {
            return null;
        }

        IkeKeys keys = KeySchedule.DeriveRekeyedIke(
            old.Negotiated.Proposal.Prf, old.Keys.SkD.Reveal(), chosen, ni, nr, secret.Reveal(), _spi, peerSpi);
        NegotiatedSa negotiated = old.Negotiated with
        {
            InitiatorSpi = _spi,
            ResponderSpi = peerSpi,
            IsInitiator = true,
            Proposal = chosen,
        };
        return new InitiatorSa(negotiated, keys, random);
    }

    public void Dispose() => _pair.Dispose();
}
