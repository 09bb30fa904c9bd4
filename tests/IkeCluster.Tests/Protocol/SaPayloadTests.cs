using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Tests.Protocol;

public sealed class SaPayloadTests
{
    private const string AesGcm = "0000000c01000014800e0100";

    [Fact]
    public void A_captured_offer_is_read_as_the_proposals_that_charon_was_given()
    {
        PayloadIndex.TryRead(PayloadType.Sa, RealMessage.All[0].Octets.AsSpan(IkeHeader.Octets), out PayloadIndex index, out _);
        Assert.True(index.TryFind(PayloadType.Sa, out PayloadView sa));
        Assert.True(SaPayload.TryReadProposals(sa.Body, out ImmutableArray<Proposal> proposals));

        Proposal proposal = Assert.Single(proposals);
        Assert.Equal((SecurityProtocol.Ike, 1), (proposal.Protocol, proposal.Number));
        Assert.Equal((EncryptionId.TripleDes, KeyExchangeMethod.Modp2048), (proposal.Encryption, proposal.KeyExchange));
        Assert.Equal(new Transform(TransformType.Integ, 7), proposal.Find(TransformType.Integ));
    }

    [Fact]
    public void Proposals_of_unknown_protocols_are_kept_for_those_who_choose()
    {
        byte[] body = Convert.FromHexString("02000009" + "01630100" + "ff" + "00000014" + "02010001" + AesGcm);
        Assert.True(SaPayload.TryRead(body, out SaPayload sa, out _));
        var seen = new List<string>();
        foreach (ProposalView proposal in sa)
        {
            seen.Add($"{proposal.Number} {proposal.Protocol} {Convert.ToHexString(proposal.Spi)} {proposal.TransformCount}");
        }

        Assert.Equal(["1 99 FF 0", "2 Ike  1"], seen);
    }

    [Fact]
    [Trait("row", "82")]
    public void A_transform_with_an_attribute_that_is_not_understood_is_marked_and_left_out()
    {
        const string Unknown = "0300000c01000014800f0100";
        const string TwoLengths = "0300001001000014800e0100800e0080";
        const string ZeroLength = "0300000c01000014800e0000";
        const string LongForm = "0300000e01000014000e00020100";
        byte[] body = Convert.FromHexString("0000004a" + "01010005" + Unknown + TwoLengths + ZeroLength + LongForm + AesGcm);
        Assert.True(SaPayload.TryRead(body, out SaPayload sa, out ParseFault fault), fault.ToString());
        var marks = new List<bool>();
        foreach (ProposalView proposal in sa)
        {
            foreach (TransformView transform in proposal.Transforms)
            {
                marks.Add(transform.HasUnknownAttribute);
            }
        }

        Assert.Equal([true, true, true, true, false], marks);
        Assert.True(SaPayload.TryReadProposals(body, out ImmutableArray<Proposal> proposals));
        Assert.Equal([Transform.Encr(EncryptionId.AesGcm16, 256)], proposals[0].Transforms);
    }

    [Theory]
    [InlineData("", ParseFaultKind.TooShort)]
    [InlineData("00000008010100", ParseFaultKind.TooShort)]
    [InlineData("00000007" + "01010000", ParseFaultKind.LengthBelowHeader)]
    [InlineData("00000009" + "01010000", ParseFaultKind.LengthBeyondEnd)]
    [InlineData("00000008" + "01010000", ParseFaultKind.None)]
    [InlineData("02000008" + "01010000", ParseFaultKind.BadLastSubstruc)]
    [InlineData("00000008" + "01010000" + "00000008" + "02010000", ParseFaultKind.BadLastSubstruc)]
    [InlineData("03000008" + "01010000" + "00000008" + "02010000", ParseFaultKind.BadLastSubstruc)]
    [InlineData("02000008" + "01010000" + "00000008" + "02010000", ParseFaultKind.None)]
    [InlineData("02000008" + "01010000" + "00000008" + "01010000", ParseFaultKind.BadNumbering)]
    [InlineData("02000008" + "01010000" + "00000008" + "03010000", ParseFaultKind.BadNumbering)]
    [InlineData("02000008" + "02010000" + "00000008" + "03010000", ParseFaultKind.BadNumbering)]
    [InlineData("00000008" + "00010000", ParseFaultKind.BadNumbering)]
    [InlineData("00000008" + "07010000", ParseFaultKind.None)] // an answer repeats the number of the chosen one
    [InlineData("0000000c" + "01010400" + "00000000", ParseFaultKind.BadSpiSize)]
    [InlineData("00000010" + "01010800" + "0000000000000000", ParseFaultKind.None)]
    [InlineData("0000000c" + "01030400" + "00000000", ParseFaultKind.None)]
    [InlineData("0000000c" + "01020400" + "00000000", ParseFaultKind.None)]
    [InlineData("00000008" + "01030000", ParseFaultKind.BadSpiSize)]
    [InlineData("00000010" + "01030800" + "0000000000000000", ParseFaultKind.BadSpiSize)]
    [InlineData("0000000a" + "01030400" + "0000", ParseFaultKind.LengthBeyondEnd)]
    [InlineData("00000014" + "01010001" + AesGcm, ParseFaultKind.None)]
    [InlineData("00000014" + "01010000" + AesGcm, ParseFaultKind.BadCount)]
    [InlineData("00000014" + "01010002" + AesGcm, ParseFaultKind.BadCount)]
    [InlineData("00000014" + "010100ff" + AesGcm, ParseFaultKind.TooManyTransforms)]
    [InlineData("00000014" + "01010001" + "0300000c01000014800e0100", ParseFaultKind.BadLastSubstruc)]
    [InlineData("00000014" + "01010001" + "0000000d01000014800e0100", ParseFaultKind.LengthBeyondEnd)]
    [InlineData("00000014" + "01010001" + "0000000701000014800e0100", ParseFaultKind.LengthBelowHeader)]
    [InlineData("00000012" + "01010001" + "0000000a01000014800e", ParseFaultKind.BadAttribute)]
    [InlineData("00000014" + "01010001" + "0000000c01000014000e0100", ParseFaultKind.BadAttribute)]
    [InlineData("0000000d" + "01010001" + "0000000801", ParseFaultKind.TooShort)]
    public void A_malformed_SA_is_a_value_that_says_what_was_wrong(string body, ParseFaultKind kind)
    {
        byte[] octets = Convert.FromHexString(body);
        Assert.Equal(kind == ParseFaultKind.None, AllReaders.Touch(PayloadType.Sa, octets));
        Assert.Equal(kind, AllReaders.FaultOf(PayloadType.Sa, octets).Kind);
    }

    [Fact]
    public void More_proposals_transforms_or_attributes_than_the_limit_are_faults()
    {
        Assert.Equal(ParseFaultKind.TooManyProposals, AllReaders.FaultOf(PayloadType.Sa, Proposals(Limits.ProposalsPerSaMax + 1)).Kind);
        Assert.True(AllReaders.Touch(PayloadType.Sa, Proposals(Limits.ProposalsPerSaMax)));
        Assert.Equal(ParseFaultKind.TooManyTransforms, AllReaders.FaultOf(PayloadType.Sa, WithTransforms(Limits.TransformsPerProposalMax + 1)).Kind);
        Assert.True(AllReaders.Touch(PayloadType.Sa, WithTransforms(Limits.TransformsPerProposalMax)));
        Assert.Equal(ParseFaultKind.TooManyAttributes, AllReaders.FaultOf(PayloadType.Sa, WithAttributes(Limits.AttributesPerTransformMax + 1)).Kind);
        Assert.True(AllReaders.Touch(PayloadType.Sa, WithAttributes(Limits.AttributesPerTransformMax)));
    }

    private static byte[] Proposals(int count) =>
        [.. Enumerable.Range(1, count).SelectMany(i => (byte[])[(byte)(i == count ? 0 : 2), 0, 0, 8, (byte)i, 1, 0, 0])];

    private static byte[] WithTransforms(int count) =>
    [
        0, 0, (byte)((8 + (8 * count)) >> 8), (byte)(8 + (8 * count)), 1, 1, 0, (byte)count,
        .. Enumerable.Range(1, count).SelectMany(i => (byte[])[(byte)(i == count ? 0 : 3), 0, 0, 8, 2, 0, 0, 5]),
    ];

    private static byte[] WithAttributes(int count) =>
    [
        0, 0, 0, (byte)(16 + (4 * count)), 1, 1, 0, 1, 0, 0, 0, (byte)(8 + (4 * count)), 1, 0, 0, 12,
        .. Enumerable.Repeat((byte[])[0x80, 14, 1, 0], count).SelectMany(a => a),
    ];
}
