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

/// <summary>A Child SA that the responder asks for (RFC 7296 §1.3.1, §1.3.3), judged by what this side would ask for itself.</summary>
/// <param name="settings">Proposals, selectors and mode that are granted.</param>
/// <param name="sa">The IKE SA under which it was asked.</param>
/// <param name="random">For SPI and private value.</param>
internal sealed class ChildAcceptance(InitiatorSettings settings, InitiatorSa sa, FillRandom random)
{
    /// <summary>The new child or why there is none; the selectors of a child that it replaces are the limit.</summary>
    public Verdict<InitiatorChild> Judge(in PayloadIndex request, InitiatorChild? replaced, byte[] ni, byte[] nr)
    {
        request.TryFind(PayloadType.Sa, out PayloadView body);
        if (ProposalPick.Choose(settings.EspProposals, body.Body, sizeof(uint)) is not { PeerSpi: > byte.MaxValue } picked)
        {
            return Verdict<InitiatorChild>.Refused(NotifyType.NoProposalChosen);
        }

        ImmutableArray<TrafficSelector> remote = Narrow(request, PayloadType.TsInitiator, replaced?.RemoteTs ?? settings.RemoteTs);
        ImmutableArray<TrafficSelector> local = Narrow(request, PayloadType.TsResponder, replaced?.LocalTs ?? settings.LocalTs);
        if (remote.IsEmpty || local.IsEmpty)
        {
            return Verdict<InitiatorChild>.Refused(NotifyType.TsUnacceptable);
        }

        InitiatorChild plan = new()
        {
            InboundSpi = RandomNumbers.EspSpi(random),
            OutboundSpi = new EspSpi((uint)picked.PeerSpi),
            Proposal = picked.Chosen,
            LocalTs = local,
            RemoteTs = remote,
            IsTransport = request.HasNotify(NotifyType.UseTransportMode) && settings.TransportMode,
            IsInitiator = false,
            Keys = null!,
        };
        return picked.Chosen.KeyExchange == KeyExchangeMethod.None
            ? Make(plan, pair: null, [], ni, nr)
            : Exchange(plan, CreateChildPayloads.Ke(request), ni, nr);
    }

    private Verdict<InitiatorChild> Exchange(InitiatorChild plan, (KeyExchangeMethod Method, byte[] Value)? ke, byte[] ni, byte[] nr)
    {
        if (ke is not { } theirs || theirs.Method != plan.Proposal.KeyExchange)
        {
            return Verdict<InitiatorChild>.WrongKe(plan.Proposal.KeyExchange);
        }

        using KeyExchange pair = RandomNumbers.KeyPair(random, theirs.Method);
        using SecretBytes? secret = pair.Derive(theirs.Value);
        return secret is null
            ? Verdict<InitiatorChild>.Refused(NotifyType.InvalidSyntax)
            : Make(plan, pair, secret.Reveal(), ni, nr);
    }

    private Verdict<InitiatorChild> Make(InitiatorChild plan, KeyExchange? pair, ReadOnlySpan<byte> secret, byte[] ni, byte[] nr)
    {
        PrfId prf = sa.Negotiated.Proposal.Prf;
        InitiatorChild child = plan with
        {
            Keys = KeySchedule.DeriveChild(prf, sa.Keys.SkD.Reveal(), plan.Proposal, secret, ni, nr),
        };
        return Verdict<InitiatorChild>.Accepted(child, PayloadChain.Of((ref PayloadWriter writer) =>
        {
            if (child.IsTransport)
            {
                writer.Notify(NotifyType.UseTransportMode);
            }

            Span<byte> spi = stackalloc byte[sizeof(uint)];
            BinaryPrimitives.WriteUInt32BigEndian(spi, child.InboundSpi.Value);
            writer.Sa(child.Proposal, spi);
            writer.Nonce(nr);
            if (pair is not null)
            {
                writer.Ke(pair.Method, pair.PublicValue);
            }

            writer.Ts(PayloadType.TsInitiator, child.RemoteTs.AsSpan());
            writer.Ts(PayloadType.TsResponder, child.LocalTs.AsSpan());
        }));
    }

    /// <summary>RFC 7296 §2.9: what both sides allow.</summary>
    private static ImmutableArray<TrafficSelector> Narrow(in PayloadIndex request, PayloadType type, ImmutableArray<TrafficSelector> allowed)
    {
        var common = ImmutableArray.CreateBuilder<TrafficSelector>();
        if (request.TryFind(type, out PayloadView view) && TsPayload.TryRead(view.Body, out TsPayload asked, out _))
        {
            foreach (TrafficSelector selector in asked.ToImmutableArray())
            {
                foreach (TrafficSelector wider in allowed)
                {
                    if (selector.TryIntersect(wider, out TrafficSelector both) && !common.Contains(both))
                    {
                        common.Add(both);
                    }
                }
            }
        }

        return common.ToImmutable();
    }
}
