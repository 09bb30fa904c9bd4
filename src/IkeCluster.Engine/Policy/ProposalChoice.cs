using System.Collections.Immutable;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Engine.Policy;

/// <summary>
/// Picks one proposal of those the peer offered (RFC 7296 §2.7, 3.3.6). Our order of preference counts, among proposals
/// and among transforms of one type.
/// </summary>
public static class ProposalChoice
{
    /// <summary>
    /// The chosen proposal with the offered number and exactly one transform of each type; null: none fits.
    /// <paramref name="spi"/> is the SPI that stood in the offer. <paramref name="ignoreKeyExchange"/>: a group in
    /// IKE_AUTH is tolerated and dropped (RFC 7296 §1.2: the first child has no KE payload).
    /// </summary>
    public static Proposal? Choose(
        ImmutableArray<Proposal> configured, in SaPayload offer, bool ignoreKeyExchange, out ReadOnlySpan<byte> spi)
    {
        foreach (Proposal ours in configured)
        {
            foreach (ProposalView theirs in offer)
            {
                if (theirs.Protocol == ours.Protocol && Match(ours, theirs, ignoreKeyExchange) is { } transforms)
                {
                    spi = theirs.Spi;
                    return ChosenProposals.Share(new Proposal(ours.Protocol, transforms, theirs.Number));
                }
            }
        }

        spi = default;
        return null;
    }

    /// <summary>
    /// What the peer chose of our offer: one proposal of ours by its number, with one transform of each type it needs
    /// (RFC 7296 §3.3.6). Null: not an answer to this offer. <paramref name="spi"/> is the peer's.
    /// </summary>
    public static Proposal? Accept(ImmutableArray<Proposal> offered, in SaPayload answer, out ReadOnlySpan<byte> spi)
    {
        spi = default;
        Proposal? accepted = null;
        int count = 0;
        foreach (ProposalView theirs in answer)
        {
            count++;
            spi = theirs.Spi;
            int number = theirs.Number;
            Proposal? ours = offered.FirstOrDefault(proposal => proposal.Number == number);
            accepted = ours is not null && ours.Protocol == theirs.Protocol
                && Match(ours, theirs, ignoreKeyExchange: false) is { } transforms && transforms.Length == theirs.TransformCount
                    ? new Proposal(ours.Protocol, transforms, theirs.Number)
                    : null;
        }

        return count == 1 ? accepted : null;
    }

    /// <summary>True where a configured proposal allows every transform of a chosen one.</summary>
    public static bool Allows(ImmutableArray<Proposal> configured, Proposal chosen)
    {
        foreach (Proposal ours in configured)
        {
            if (ours.Protocol == chosen.Protocol && chosen.Transforms.All(transform => ours.Transforms.Contains(transform)))
            {
                return true;
            }
        }

        return false;
    }

    private static ImmutableArray<Transform>? Match(Proposal ours, in ProposalView theirs, bool ignoreKeyExchange)
    {
        ImmutableArray<Transform>.Builder chosen = ImmutableArray.CreateBuilder<Transform>(5);
        for (TransformType type = TransformType.Encr; type <= TransformType.AdditionalKeyExchange7; type++)
        {
            if (ignoreKeyExchange && type == TransformType.KeyExchange)
            {
                continue;
            }

            if (!TryChoose(ours, theirs, type, out Transform? transform))
            {
                return null;
            }

            if (transform is { } one)
            {
                chosen.Add(one);
            }
        }

        return HoldsUnknownType(theirs) ? null : chosen.ToImmutable();
    }

    /// <summary>False: the two cannot agree on this type. A null transform: neither needs one.</summary>
    private static bool TryChoose(Proposal ours, in ProposalView theirs, TransformType type, out Transform? chosen)
    {
        chosen = null;
        bool weList = false;
        foreach (Transform wanted in ours.Transforms)
        {
            if (wanted.Type != type)
            {
                continue;
            }

            weList = true;
            if (Offers(theirs, wanted))
            {
                chosen = wanted;
                return true;
            }
        }

        bool theyMayLeaveOut = !Lists(theirs, type) || Offers(theirs, new Transform(type, 0));
        bool weMayLeaveOut = !weList || ours.Transforms.Contains(new Transform(type, 0));
        return theyMayLeaveOut && weMayLeaveOut;
    }

    private static bool Offers(in ProposalView theirs, Transform wanted)
    {
        foreach (TransformView offered in theirs.Transforms)
        {
            // RFC 7296 §3.3.6: a transform with an attribute that we do not know is not acceptable.
            if (!offered.HasUnknownAttribute && offered.ToTransform() == wanted)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Lists(in ProposalView theirs, TransformType type)
    {
        foreach (TransformView offered in theirs.Transforms)
        {
            if (offered.Type == type)
            {
                return true;
            }
        }

        return false;
    }

    // RFC 7296 §3.3.6: a proposal with a transform type that we do not know must be rejected.
    private static bool HoldsUnknownType(in ProposalView theirs)
    {
        foreach (TransformView offered in theirs.Transforms)
        {
            if (offered.Type is < TransformType.Encr or > TransformType.AdditionalKeyExchange7)
            {
                return true;
            }
        }

        return false;
    }
}
