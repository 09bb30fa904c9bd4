using System.Collections.Immutable;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.TestKit.Initiator;

/// <summary>Holds the responder to what was offered (RFC 7296 §3.3.6, §2.7).</summary>
internal static class ChosenProposal
{
    /// <summary>The one proposal of the answer, where it is one that was offered: same number, one transform of each type.</summary>
    public static Proposal? Find(ReadOnlySpan<byte> saBody, ImmutableArray<Proposal> offered, out string fault)
    {
        fault = "";
        if (!SaPayload.TryReadProposals(saBody, out ImmutableArray<Proposal> answered) || answered is not [Proposal chosen])
        {
            fault = "the SA payload of the answer does not hold one proposal";
            return null;
        }

        Proposal? offer = chosen.Number >= 1 && chosen.Number <= offered.Length ? offered[chosen.Number - 1] : null;
        bool isOneEach = chosen.Transforms.Select(transform => transform.Type).Distinct().Count() == chosen.Transforms.Length;
        bool wasOffered = offer is not null && offer.Protocol == chosen.Protocol && chosen.Transforms.All(IsOf(offer));
        bool isWhole = offer is not null && offer.Transforms.Select(transform => transform.Type).Distinct()
            .All(type => chosen.Find(type) is not null || (type == TransformType.Integ && chosen.Encryption.IsAead()));
        if (!isOneEach || !wasOffered || !isWhole)
        {
            fault = $"the responder chose what was not offered: {ProposalText.Write(chosen)} as proposal {chosen.Number}";
            return null;
        }

        return chosen;
    }

    private static Func<Transform, bool> IsOf(Proposal offer) => transform =>
        offer.Transforms.Contains(transform) || transform == Transform.Integ(IntegrityId.None);

    /// <summary>The SPI that the answer's proposal carries.</summary>
    public static ulong SpiOf(ReadOnlySpan<byte> saBody, int octets)
    {
        SaPayload.TryRead(saBody, out SaPayload payload, out _);
        foreach (ProposalView proposal in payload)
        {
            if (proposal.Spi.Length != octets)
            {
                return 0;
            }

            ulong spi = 0;
            foreach (byte octet in proposal.Spi)
            {
                spi = (spi << 8) | octet;
            }

            return spi;
        }

        return 0;
    }
}
