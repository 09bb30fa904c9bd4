using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Exchanges.Own;

/// <summary>Judges the answer to a CREATE_CHILD_SA of ours by what we offered (RFC 7296 §1.3.1, 2.7, 2.9).</summary>
internal static class OwnChildAnswer
{
    /// <summary>The first error notify, known or not; None: there is none (RFC 7296 §3.10.1).</summary>
    internal static NotifyType FirstError(in PayloadIndex payloads)
    {
        for (int i = 0; i < payloads.Count; i++)
        {
            if (payloads[i].Type == PayloadType.Notify && NotifyPayload.TryRead(payloads[i].Body, out NotifyPayload notify, out _)
                && notify.Type.IsError())
            {
                return notify.Type;
            }
        }

        return NotifyType.None;
    }

    /// <summary>
    /// The group that INVALID_KE_PAYLOAD asks for, where it is another one of our offer (RFC 7296 §1.3). Only the group that we
    /// began with, <paramref name="first"/>, is changed: a peer that likes neither waits as after any refusal.
    /// </summary>
    internal static KeyExchangeMethod? OtherGroup(OwnOffer offer, KeyExchangeMethod first, NotifyType error, in PayloadIndex payloads)
    {
        if (error != NotifyType.InvalidKePayload || !payloads.TryFindNotify(error, out NotifyPayload notify) || notify.Data.Length != sizeof(ushort))
        {
            return null;
        }

        var wanted = (KeyExchangeMethod)BinaryPrimitives.ReadUInt16BigEndian(notify.Data);
        bool isOffered = offer.Proposals().Any(proposal => proposal.Transforms.Contains(Transform.KeyExchange(wanted)));
        return isOffered && wanted != first && offer.Group() == first ? wanted : null;
    }

    /// <summary>The Child SA that the answer makes; null where the answer does not fit the offer.</summary>
    internal static ChildSa? Settle(
        IkeSaState state, OwnOffer offer, ChildSa? old, in PayloadIndex payloads, SecretBytes? secret, in StepContext context)
    {
        if (!payloads.TryFind(PayloadType.Sa, out PayloadView saBody) || !SaPayload.TryRead(saBody.Body, out SaPayload sa, out _)
            || !payloads.TryFind(PayloadType.Nonce, out PayloadView nonce) || !NoncePayload.TryRead(nonce.Body, out _, out _)
            || ReadSelectors(payloads, PayloadType.TsInitiator, offer) is not { } localTs
            || ReadSelectors(payloads, PayloadType.TsResponder, offer) is not { } remoteTs
            || ProposalChoice.Accept(offer.Proposals(), sa, out ReadOnlySpan<byte> spi) is not { } chosen || spi.Length != sizeof(uint)
            || BinaryPrimitives.ReadUInt32BigEndian(spi) < ChildSa.ReservedSpis
            || (chosen.KeyExchange == KeyExchangeMethod.None ? secret is not null : secret is null || chosen.KeyExchange != offer.Group()))
        {
            return null;
        }

        ChildPolicy? policy = context.Policy.FindChild(state.Facts!.Connection, offer.ChildName);
        Lifetimes lifetimes = policy is not null ? Lifetimes.Of(policy, context) : Lifetimes.As(old, context);
        return new ChildSa
        {
            Name = offer.ChildName,
            InboundSpi = offer.ChildSpi(),
            OutboundSpi = new EspSpi(BinaryPrimitives.ReadUInt32BigEndian(spi)),
            Mode = payloads.HasNotify(NotifyType.UseTransportMode) && offer.Read().HasNotify(NotifyType.UseTransportMode)
                ? ChildMode.Transport
                : ChildMode.Tunnel,
            Proposal = chosen,
            LocalTs = localTs,
            RemoteTs = remoteTs,
            Keys = KeySchedule.DeriveChild(
                state.Proposal.Prf, state.Keys!.SkD.Reveal(), chosen, secret is null ? [] : secret.Reveal(), offer.Nonce(), nonce.Body),
            IsInitiator = true,
            InstalledAt = context.Now,
            RekeyAt = lifetimes.RekeyAt,
            ExpireAt = lifetimes.ExpireAt,
            Limits = lifetimes.Limits,
        };
    }

    /// <summary>Selectors of the answer; null unless each lies within one of ours (RFC 7296 §2.9: the responder narrows).</summary>
    private static ImmutableArray<TrafficSelector>? ReadSelectors(in PayloadIndex payloads, PayloadType type, OwnOffer offer)
    {
        if (!payloads.TryFind(type, out PayloadView body) || !TsPayload.TryRead(body.Body, out TsPayload answered, out _) || answered.Count == 0)
        {
            return null;
        }

        ImmutableArray<TrafficSelector> offered = offer.Selectors(type);
        ImmutableArray<TrafficSelector> narrowed = answered.ToImmutableArray();
        return narrowed.All(one => offered.Any(wider => wider.Contains(one))) ? narrowed : null;
    }
}
