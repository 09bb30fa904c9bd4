using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.TestKit.Initiator;

/// <summary>A proposal of the responder that was chosen, one transform of each type, with the SPI that stood in it.</summary>
internal sealed record PickedProposal(Proposal Chosen, ulong PeerSpi);

/// <summary>Chooses from what the responder offers (RFC 7296 §3.3.6): our order of proposals and transforms counts.</summary>
internal static class ProposalPick
{
    /// <summary>Null: nothing fits, or the one that does has no SPI of the right size.</summary>
    public static PickedProposal? Choose(ImmutableArray<Proposal> ours, ReadOnlySpan<byte> saBody, int spiOctets)
    {
        if (!SaPayload.TryReadProposals(saBody, out ImmutableArray<Proposal> offered))
        {
            return null;
        }

        foreach (Proposal own in ours)
        {
            foreach (Proposal offer in offered)
            {
                if (Combine(own, offer) is { } chosen && SpiOf(saBody, offer.Number, spiOctets) is { } spi)
                {
                    return new PickedProposal(chosen, spi);
                }
            }
        }

        return null;
    }

    /// <summary>Every type that either names has a transform in common; a type that only one names may say NONE there.</summary>
    private static Proposal? Combine(Proposal own, Proposal offer)
    {
        if (own.Protocol != offer.Protocol)
        {
            return null;
        }

        var transforms = ImmutableArray.CreateBuilder<Transform>();
        foreach (TransformType type in own.Transforms.Concat(offer.Transforms).Select(transform => transform.Type).Distinct())
        {
            ImmutableArray<Transform> common = [.. OfType(own, type).Intersect(OfType(offer, type))];
            if (common.IsEmpty)
            {
                return null;
            }

            transforms.Add(common[0]);
        }

        // What stands for "none of this type" is left out of the answer, except where the offer itself says it.
        return offer with { Transforms = [.. transforms.Where(offer.Transforms.Contains)] };
    }

    private static IEnumerable<Transform> OfType(Proposal proposal, TransformType type)
    {
        IEnumerable<Transform> named = proposal.Transforms.Where(transform => transform.Type == type);
        return named.Any() ? named : [new Transform(type, 0)];
    }

    private static ulong? SpiOf(ReadOnlySpan<byte> saBody, byte number, int octets)
    {
        SaPayload.TryRead(saBody, out SaPayload payload, out _);
        foreach (ProposalView proposal in payload)
        {
            if (proposal.Number == number && proposal.Spi.Length == octets)
            {
                return octets == sizeof(ulong)
                    ? BinaryPrimitives.ReadUInt64BigEndian(proposal.Spi)
                    : BinaryPrimitives.ReadUInt32BigEndian(proposal.Spi);
            }
        }

        return null;
    }
}
