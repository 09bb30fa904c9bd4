using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine.Window;

/// <summary>
/// What a CREATE_CHILD_SA of ours offered, kept so that its answer is judged by the request itself, before and after a
/// crash alike. <paramref name="Seed"/> is our private value, null without a key exchange; <paramref name="ChildName"/> is
/// the section of the child, empty for a rekey of the IKE SA.
/// </summary>
public sealed record OwnOffer(InnerMessage Request, SecretBytes? Seed, string ChildName)
{
    /// <summary>The payloads of our own request, which are sound.</summary>
    internal PayloadIndex Read()
    {
        Invariant.That(PayloadIndex.TryRead(Request.First, Request.Chain, out PayloadIndex payloads, out _));
        return payloads;
    }

    internal ImmutableArray<Proposal> Proposals()
    {
        Read().TryFind(PayloadType.Sa, out PayloadView sa);
        SaPayload.TryReadProposals(sa.Body, out ImmutableArray<Proposal> offered);
        return offered;
    }

    internal ReadOnlySpan<byte> Nonce()
    {
        Read().TryFind(PayloadType.Nonce, out PayloadView nonce);
        return nonce.Body;
    }

    /// <summary>The group of our KE payload.</summary>
    internal KeyExchangeMethod Group()
    {
        return Read().TryFind(PayloadType.Ke, out PayloadView body) && KePayload.TryRead(body.Body, out KePayload ke, out _)
            ? ke.Method
            : KeyExchangeMethod.None;
    }

    /// <summary>The SPI that we shall receive on, the same in every proposal.</summary>
    internal EspSpi ChildSpi() => new(BinaryPrimitives.ReadUInt32BigEndian(Spi()));

    internal IkeSpi IkeSpi() => new(BinaryPrimitives.ReadUInt64BigEndian(Spi()));

    internal ImmutableArray<TrafficSelector> Selectors(PayloadType tsiOrTsr)
    {
        Read().TryFind(tsiOrTsr, out PayloadView body);
        TsPayload.TryRead(body.Body, out TsPayload selectors, out _);
        return selectors.ToImmutableArray();
    }

    private ReadOnlySpan<byte> Spi()
    {
        Read().TryFind(PayloadType.Sa, out PayloadView body);
        SaPayload.TryRead(body.Body, out SaPayload sa, out _);
        foreach (ProposalView proposal in sa)
        {
            return proposal.Spi;
        }

        throw new InvariantException("an offer without a proposal");
    }
}

/// <summary>An answer to us whose shared secret is under way; <paramref name="Path"/> is the way it came.</summary>
public sealed record OwnAnswer(Ticket Ticket, InnerMessage Message, DatagramPath Path);
