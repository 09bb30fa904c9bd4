using System.Buffers.Binary;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Protocol.Payloads;

/// <summary>The grammar of an SA payload: proposals hold transforms, transforms hold attributes (RFC 7296 §3.3).</summary>
internal static class SaSyntax
{
    internal const int ProposalHeaderOctets = 8;
    internal const int TransformHeaderOctets = 8;
    internal const int AttributeHeaderOctets = 4;
    internal const byte NoMore = 0;
    internal const byte MoreProposals = 2;
    internal const byte MoreTransforms = 3;

    /// <summary>The AF bit: the attribute's value stands in place of its length (RFC 7296 §3.3.5).</summary>
    internal const ushort FixedFormatBit = 0x8000;

    /// <summary>What a proposal or transform claims to be long.</summary>
    internal static int Octets(ReadOnlySpan<byte> substructure) => BinaryPrimitives.ReadUInt16BigEndian(substructure[2..]);

    internal static int AttributeOctets(ReadOnlySpan<byte> attribute) =>
        (BinaryPrimitives.ReadUInt16BigEndian(attribute) & FixedFormatBit) != 0
            ? AttributeHeaderOctets
            : AttributeHeaderOctets + BinaryPrimitives.ReadUInt16BigEndian(attribute[2..]);

    internal static ParseFaultKind Judge(ReadOnlySpan<byte> body, out int offset)
    {
        offset = 0;
        byte previous = 0;
        for (int count = 0; offset < body.Length; count++)
        {
            ReadOnlySpan<byte> rest = body[offset..];
            ParseFaultKind kind = count == Limits.ProposalsPerSaMax
                ? ParseFaultKind.TooManyProposals
                : JudgeSubstructure(rest, ProposalHeaderOctets, MoreProposals);
            kind = kind == ParseFaultKind.None ? JudgeProposal(rest[..Octets(rest)], count, previous) : kind;
            if (kind != ParseFaultKind.None)
            {
                return kind;
            }

            previous = rest[4];
            offset += Octets(rest);
        }

        return offset == 0 ? ParseFaultKind.TooShort : ParseFaultKind.None;
    }

    private static ParseFaultKind JudgeSubstructure(ReadOnlySpan<byte> rest, int headerOctets, byte more)
    {
        if (rest.Length < headerOctets)
        {
            return ParseFaultKind.TooShort;
        }

        int claimed = Octets(rest);
        return claimed switch
        {
            _ when claimed < headerOctets => ParseFaultKind.LengthBelowHeader,
            _ when claimed > rest.Length => ParseFaultKind.LengthBeyondEnd,
            _ when rest[0] != (claimed == rest.Length ? NoMore : more) => ParseFaultKind.BadLastSubstruc,
            _ => ParseFaultKind.None,
        };
    }

    private static ParseFaultKind JudgeProposal(ReadOnlySpan<byte> proposal, int index, byte previous)
    {
        byte number = proposal[4];
        bool isOnly = index == 0 && proposal[0] == NoMore;
        if (isOnly ? number == 0 : number != index + 1 || number != previous + 1)
        {
            return ParseFaultKind.BadNumbering;
        }

        int spiOctets = proposal[6];
        return (SecurityProtocol)proposal[5] switch
        {
            SecurityProtocol.Ike when spiOctets is not (0 or 8) => ParseFaultKind.BadSpiSize,
            SecurityProtocol.Ah or SecurityProtocol.Esp when spiOctets != 4 => ParseFaultKind.BadSpiSize,
            _ when proposal.Length < ProposalHeaderOctets + spiOctets => ParseFaultKind.LengthBeyondEnd,
            _ => JudgeTransforms(proposal[(ProposalHeaderOctets + spiOctets)..], claimedCount: proposal[7]),
        };
    }

    private static ParseFaultKind JudgeTransforms(ReadOnlySpan<byte> rest, int claimedCount)
    {
        if (claimedCount > Limits.TransformsPerProposalMax)
        {
            return ParseFaultKind.TooManyTransforms;
        }

        int count = 0;
        for (; !rest.IsEmpty; count++)
        {
            ParseFaultKind kind = count == claimedCount
                ? ParseFaultKind.BadCount
                : JudgeSubstructure(rest, TransformHeaderOctets, MoreTransforms);
            kind = kind == ParseFaultKind.None ? JudgeAttributes(rest[TransformHeaderOctets..Octets(rest)]) : kind;
            if (kind != ParseFaultKind.None)
            {
                return kind;
            }

            rest = rest[Octets(rest)..];
        }

        return count == claimedCount ? ParseFaultKind.None : ParseFaultKind.BadCount;
    }

    private static ParseFaultKind JudgeAttributes(ReadOnlySpan<byte> rest)
    {
        for (int count = 0; !rest.IsEmpty; count++)
        {
            if (count == Limits.AttributesPerTransformMax)
            {
                return ParseFaultKind.TooManyAttributes;
            }

            if (rest.Length < AttributeHeaderOctets || AttributeOctets(rest) > rest.Length)
            {
                return ParseFaultKind.BadAttribute;
            }

            rest = rest[AttributeOctets(rest)..];
        }

        return ParseFaultKind.None;
    }
}
