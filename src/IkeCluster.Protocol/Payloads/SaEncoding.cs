using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Protocol.Payloads;

/// <summary>Writes the body of an SA payload (RFC 7296 §3.3).</summary>
internal static class SaEncoding
{
    private const int KeyLengthOctets = 4;
    private const ushort KeyLengthHeader = 0x8000 | 14;

    internal static int Octets(ImmutableArray<Proposal> proposals, int spiOctets)
    {
        int octets = 0;
        foreach (Proposal proposal in proposals)
        {
            octets += Octets(proposal, spiOctets);
        }

        return octets;
    }

    internal static void Write(Span<byte> body, ImmutableArray<Proposal> proposals, ReadOnlySpan<byte> spi)
    {
        for (int i = 0; i < proposals.Length; i++)
        {
            Proposal proposal = proposals[i];
            int octets = Octets(proposal, spi.Length);
            body[0] = i == proposals.Length - 1 ? SaSyntax.NoMore : SaSyntax.MoreProposals;
            BinaryPrimitives.WriteUInt16BigEndian(body[2..], (ushort)octets);
            body[4] = proposal.Number == 0 ? (byte)(i + 1) : proposal.Number;
            body[5] = (byte)proposal.Protocol;
            body[6] = (byte)spi.Length;
            body[7] = (byte)proposal.Transforms.Length;
            spi.CopyTo(body[SaSyntax.ProposalHeaderOctets..]);
            Write(body[(SaSyntax.ProposalHeaderOctets + spi.Length)..octets], proposal.Transforms);
            body = body[octets..];
        }
    }

    private static void Write(Span<byte> room, ImmutableArray<Transform> transforms)
    {
        for (int i = 0; i < transforms.Length; i++)
        {
            Transform transform = transforms[i];
            int octets = Octets(transform);
            room[0] = i == transforms.Length - 1 ? SaSyntax.NoMore : SaSyntax.MoreTransforms;
            BinaryPrimitives.WriteUInt16BigEndian(room[2..], (ushort)octets);
            room[4] = (byte)transform.Type;
            BinaryPrimitives.WriteUInt16BigEndian(room[6..], transform.Id);
            if (transform.KeyLengthBits != 0)
            {
                BinaryPrimitives.WriteUInt16BigEndian(room[8..], KeyLengthHeader);
                BinaryPrimitives.WriteUInt16BigEndian(room[10..], transform.KeyLengthBits);
            }

            room = room[octets..];
        }
    }

    private static int Octets(Proposal proposal, int spiOctets)
    {
        int octets = SaSyntax.ProposalHeaderOctets + spiOctets;
        foreach (Transform transform in proposal.Transforms)
        {
            octets += Octets(transform);
        }

        return octets;
    }

    private static int Octets(Transform transform) =>
        SaSyntax.TransformHeaderOctets + (transform.KeyLengthBits == 0 ? 0 : KeyLengthOctets);
}
