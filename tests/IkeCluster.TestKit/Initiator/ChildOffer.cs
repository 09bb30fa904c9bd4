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

/// <summary>What a child in CREATE_CHILD_SA should be like; <paramref name="Pfs"/> None: keys from SK_d alone.</summary>
internal sealed record ChildWish(KeyExchangeMethod Pfs, ImmutableArray<TrafficSelector> LocalTs, ImmutableArray<TrafficSelector> RemoteTs);

/// <summary>A Child SA that is asked for: SA, TSi and TSr, and for the second and later ones Ni and, with PFS, KEi.</summary>
internal sealed class ChildOffer : IDisposable
{
    private readonly ImmutableArray<Proposal> _proposals;
    private readonly ChildWish _wish;
    private readonly bool _isTransport;
    private readonly EspSpi _spi;
    private readonly KeyExchange? _pair;

    private ChildOffer(InitiatorSettings settings, ImmutableArray<Proposal> proposals, ChildWish wish, FillRandom random)
    {
        _proposals = proposals;
        _wish = wish;
        _isTransport = settings.TransportMode;
        _spi = RandomNumbers.EspSpi(random);
        _pair = wish.Pfs == KeyExchangeMethod.None ? null : RandomNumbers.KeyPair(random, wish.Pfs);
    }

    /// <summary>In IKE_AUTH there is no key exchange of its own (RFC 7296 §1.2).</summary>
    public static ChildOffer First(InitiatorSettings settings, FillRandom random) =>
        Later(settings, new ChildWish(KeyExchangeMethod.None, settings.LocalTs, settings.RemoteTs), random);

    /// <summary>In CREATE_CHILD_SA.</summary>
    public static ChildOffer Later(InitiatorSettings settings, ChildWish wish, FillRandom random)
    {
        ImmutableArray<Proposal> plain = Without(settings.EspProposals);
        ImmutableArray<Proposal> proposals = wish.Pfs == KeyExchangeMethod.None ? plain : With(plain, settings.EspProposals, wish.Pfs);
        return new ChildOffer(settings, proposals, wish, random);
    }

    /// <summary>The first error notify of a message, or None.</summary>
    public static NotifyType FirstError(in PayloadIndex payloads)
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

    public void Write(ref PayloadWriter writer, byte[]? nonce = null)
    {
        if (_isTransport)
        {
            writer.Notify(NotifyType.UseTransportMode);
        }

        Span<byte> spi = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(spi, _spi.Value);
        writer.Sa(_proposals, spi);
        if (nonce is not null)
        {
            writer.Nonce(nonce);
        }

        if (_pair is not null)
        {
            writer.Ke(_pair.Method, _pair.PublicValue);
        }

        writer.Ts(PayloadType.TsInitiator, _wish.LocalTs.AsSpan());
        writer.Ts(PayloadType.TsResponder, _wish.RemoteTs.AsSpan());
    }

    /// <summary>The pair that the answer makes; null with a fault where it does not fit the offer.</summary>
    public InitiatorChild? Settle(in PayloadIndex payloads, PrfId prf, IkeKeys keys, byte[] ni, byte[] nr, out string fault)
    {
        fault = "the answer lacks a sound SA, TSi or TSr payload";
        if (!payloads.TryFind(PayloadType.Sa, out PayloadView sa)
            || !payloads.TryFind(PayloadType.TsInitiator, out PayloadView tsi) || !TsPayload.TryRead(tsi.Body, out TsPayload local, out _)
            || !payloads.TryFind(PayloadType.TsResponder, out PayloadView tsr) || !TsPayload.TryRead(tsr.Body, out TsPayload remote, out _))
        {
            return null;
        }

        if (ChosenProposal.Find(sa.Body, _proposals, out fault) is not { } chosen || !AreWithin(local, _wish.LocalTs) || !AreWithin(remote, _wish.RemoteTs))
        {
            fault = fault.Length == 0 ? "the responder answered traffic selectors that were not asked for" : fault;
            return null;
        }

        if (!TryDerive(payloads, out SecretBytes? secret))
        {
            fault = "the responder's KE payload is missing or unsound";
            return null;
        }

        using (secret)
        {
            return new InitiatorChild
            {
                InboundSpi = _spi,
                OutboundSpi = new EspSpi((uint)ChosenProposal.SpiOf(sa.Body, sizeof(uint))),
                Proposal = chosen,
                LocalTs = local.ToImmutableArray(),
                RemoteTs = remote.ToImmutableArray(),
                IsTransport = _isTransport && payloads.HasNotify(NotifyType.UseTransportMode),
                Keys = KeySchedule.DeriveChild(prf, keys.SkD.Reveal(), chosen, secret is null ? [] : secret.Reveal(), ni, nr),
            };
        }
    }

    public void Dispose() => _pair?.Dispose();

    private bool TryDerive(in PayloadIndex payloads, out SecretBytes? secret)
    {
        secret = null;
        if (_pair is null)
        {
            return true;
        }

        if (payloads.TryFind(PayloadType.Ke, out PayloadView view) && KePayload.TryRead(view.Body, out KePayload ke, out _)
            && ke.Method == _pair.Method)
        {
            secret = _pair.Derive(ke.Value);
        }

        return secret is not null;
    }

    private static bool AreWithin(TsPayload answered, ImmutableArray<TrafficSelector> asked) =>
        answered.Count > 0 && answered.ToImmutableArray().All(selector => asked.Any(wider => wider.Contains(selector)));

    private static ImmutableArray<Proposal> Without(ImmutableArray<Proposal> proposals) =>
    [
        .. proposals.Select(proposal => proposal with
        {
            Transforms = proposal.Transforms.RemoveAll(transform => transform.Type == TransformType.KeyExchange),
        }),
    ];

    /// <summary>The method guessed stands first; those that a proposal names itself stay behind it, for INVALID_KE_PAYLOAD.</summary>
    private static ImmutableArray<Proposal> With(ImmutableArray<Proposal> plain, ImmutableArray<Proposal> named, KeyExchangeMethod method) =>
    [
        .. plain.Zip(named, (proposal, own) => proposal with
        {
            Transforms =
            [
                .. proposal.Transforms,
                .. own.Transforms.Where(transform => transform.Type == TransformType.KeyExchange)
                    .Prepend(Transform.KeyExchange(method)).Distinct(),
            ],
        }),
    ];
}
