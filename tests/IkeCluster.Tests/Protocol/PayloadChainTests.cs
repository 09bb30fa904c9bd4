using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Tests.Protocol;

public sealed class PayloadChainTests
{
    private const PayloadType Unknown = (PayloadType)200;

    [Fact]
    public void The_chains_of_captured_messages_hold_what_another_parser_found()
    {
        RealMessage[] opened = [.. RealMessage.All.Where(m => m.Inner.Length > 0)];
        Assert.True(opened.Length > 20);
        Assert.All(opened, message =>
        {
            var found = new List<RealPayload>();
            var reader = new PayloadReader(message.FirstInner, message.InnerChain);
            while (reader.TryNext(out PayloadView payload))
            {
                found.Add(new RealPayload(payload.Type, payload.IsCritical, payload.Body.ToArray()));
            }

            Assert.False(reader.Fault.IsFault);
            Assert.Equal(message.Inner.Select(Text), found.Select(Text));
        });

        static string Text(RealPayload payload) => $"{payload.Type} {payload.IsCritical} {Convert.ToHexString(payload.Body)}";
    }

    [Fact]
    public void Everything_in_captured_messages_is_sound()
    {
        Assert.All(RealMessage.All, message => Assert.True(AllReaders.TouchMessage(message.Octets)));
        Assert.All(RealMessage.Chains, chain => Assert.True(AllReaders.TouchChain(chain.First, chain.Chain)));
    }

    [Fact]
    [Trait("row", "6")]
    public void A_chain_cut_off_anywhere_is_a_fault()
    {
        foreach ((PayloadType first, byte[] chain) in RealMessage.Chains)
        {
            for (int length = 0; length < chain.Length; length++)
            {
                Assert.False(PayloadIndex.TryRead(first, chain.AsSpan(0, length), out _, out ParseFault fault));
                Assert.Contains(fault.Kind, (ParseFaultKind[])[ParseFaultKind.TooShort, ParseFaultKind.LengthBeyondEnd]);
            }
        }
    }

    [Theory]
    [InlineData(PayloadType.None, "", ParseFaultKind.None)]
    [InlineData(PayloadType.None, "00", ParseFaultKind.TrailingOctets)]
    [InlineData(PayloadType.Nonce, "", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.Nonce, "000000", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.Nonce, "00000003", ParseFaultKind.LengthBelowHeader)]
    [InlineData(PayloadType.Nonce, "00000005", ParseFaultKind.LengthBeyondEnd)]
    [InlineData(PayloadType.Nonce, "0000000400", ParseFaultKind.TrailingOctets)]
    [InlineData(PayloadType.Nonce, "28000004", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.Nonce, "2800000400000004", ParseFaultKind.None)]
    [InlineData(PayloadType.Notify, "00000004", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.Notify, "0000000801014004", ParseFaultKind.LengthBeyondEnd)]
    [InlineData(PayloadType.Encrypted, "29000004", ParseFaultKind.None)]
    [InlineData(PayloadType.Encrypted, "2900000400000004", ParseFaultKind.TrailingOctets)]
    public void A_broken_chain_is_a_value_that_says_what_was_wrong(PayloadType first, string chain, ParseFaultKind kind)
    {
        Assert.Equal(kind == ParseFaultKind.None, PayloadIndex.TryRead(first, Convert.FromHexString(chain), out _, out ParseFault fault));
        Assert.Equal(kind, fault.Kind);
    }

    [Fact]
    public void A_fault_names_its_payload_and_place()
    {
        Assert.False(PayloadIndex.TryRead(PayloadType.Nonce, Convert.FromHexString("29000004000000030000"), out _, out ParseFault fault));
        Assert.Equal(new ParseFault(ParseFaultKind.LengthBelowHeader, PayloadType.Notify, 4), fault);
        Assert.Equal("Notify payload, octet 4: claims a length smaller than its own header", fault.ToString());
        Assert.Equal("no fault", ParseFault.None.ToString());
    }

    [Fact]
    public void Every_kind_of_fault_has_a_sentence_of_its_own()
    {
        string[] sentences = [.. Enum.GetValues<ParseFaultKind>().Select(kind => new ParseFault(kind, PayloadType.Sa, 0).ToString())];
        Assert.Equal(sentences.Length, sentences.Distinct(StringComparer.Ordinal).Count());
        Assert.DoesNotContain("SA payload, octet 0: malformed", sentences, StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_message_has_at_most_the_limit_of_payloads()
    {
        byte[] chain = [.. Enumerable.Range(0, Limits.PayloadsPerMessageMax + 1).SelectMany(_ => (byte[])[43, 0, 0, 4])];
        chain[^4] = 0;

        Assert.False(PayloadIndex.TryRead(PayloadType.VendorId, chain, out _, out ParseFault fault));
        Assert.Equal(ParseFaultKind.TooManyPayloads, fault.Kind);

        Assert.True(PayloadIndex.TryRead(PayloadType.VendorId, chain.AsSpan(4), out PayloadIndex index, out _));
        Assert.Equal(Limits.PayloadsPerMessageMax, index.CountOf(PayloadType.VendorId));
    }

    [Fact]
    public void Payloads_are_found_by_type_and_notifications_by_theirs()
    {
        var writer = new PayloadWriter(new byte[200]);
        writer.Nonce([1]);
        writer.Notify(NotifyType.Cookie, [7, 8]);
        writer.Raw(Unknown, [9]);
        writer.Notify(NotifyType.MobikeSupported);
        writer.Nonce([2]);

        Assert.True(PayloadIndex.TryRead(PayloadType.Nonce, writer.Chain, out PayloadIndex index, out _));
        Assert.Equal(5, index.Count);
        Assert.True(index.TryFind(PayloadType.Nonce, out PayloadView nonce));
        Assert.Equal([1], nonce.Body.ToArray());
        Assert.Equal((2, 2, 1, 0), (index.CountOf(PayloadType.Nonce), index.CountOf(PayloadType.Notify), index.CountOf(Unknown), index.CountOf(PayloadType.Sa)));
        Assert.True(index.TryFindNotify(NotifyType.Cookie, out NotifyPayload cookie));
        Assert.Equal([7, 8], cookie.Data.ToArray());
        Assert.True(index.HasNotify(NotifyType.MobikeSupported));
        Assert.False(index.HasNotify(NotifyType.InitialContact));
        Assert.False(index.TryFind(PayloadType.Sa, out _));
        Assert.Equal(5, index[1].Offset);
    }

    [Fact]
    public void The_critical_bit_counts_on_unknown_payloads_only()
    {
        var writer = new PayloadWriter(new byte[200]);
        writer.Raw(PayloadType.Nonce, [], critical: true);
        writer.Raw((PayloadType)199, []);

        Assert.True(PayloadIndex.TryRead(writer.First, writer.Chain, out PayloadIndex index, out _));
        Assert.True(index[0].IsCritical);
        Assert.Equal(PayloadType.None, index.UnsupportedCritical);

        writer.Raw(Unknown, [], critical: true);
        writer.Raw((PayloadType)201, [], critical: true);

        Assert.True(PayloadIndex.TryRead(writer.First, writer.Chain, out index, out _));
        Assert.Equal(4, index.Count);
        Assert.Equal(Unknown, index.UnsupportedCritical);
    }

    [Fact]
    public void The_encrypted_payload_of_every_captured_message_is_found_behind_the_header()
    {
        foreach (RealMessage message in RealMessage.All.Where(m => m.Octets[16] == (byte)PayloadType.Encrypted))
        {
            Assert.True(EncryptedPayload.TryLocate(message.Octets, out EncryptedPayload sk, out _));
            Assert.Equal(new EncryptedPayload(false, 0, 0, message.FirstInner, 32, message.Octets.Length - 32), sk);
        }
    }

    [Fact]
    public void A_message_without_an_encrypted_payload_lacks_one()
    {
        Assert.False(EncryptedPayload.TryLocate(RealMessage.All[0].Octets, out _, out ParseFault fault));
        Assert.Equal((ParseFaultKind.MissingPayload, PayloadType.Encrypted), (fault.Kind, fault.Payload));
        Assert.False(EncryptedPayload.TryLocate(RealMessage.All[0].Octets.AsSpan(0, 27), out _, out fault));
        Assert.Equal(ParseFaultKind.TooShort, fault.Kind);
    }

    [Theory]
    [InlineData("00010002", ParseFaultKind.None)]
    [InlineData("00400040", ParseFaultKind.None)]
    [InlineData("00000002", ParseFaultKind.BadFragmentNumbers)]
    [InlineData("00030002", ParseFaultKind.BadFragmentNumbers)]
    [InlineData("00010041", ParseFaultKind.BadFragmentNumbers)]
    [InlineData("000100", ParseFaultKind.TooShort)]
    public void A_fragment_has_a_number_within_its_total_and_the_limit(string numbers, ParseFaultKind kind)
    {
        byte[] message = new byte[IkeHeader.Octets + 4 + (numbers.Length / 2)];
        message[16] = (byte)PayloadType.EncryptedFragment;
        message[28] = (byte)PayloadType.IdInitiator;
        message[31] = (byte)(message.Length - 28);
        Convert.FromHexString(numbers).CopyTo(message, 32);

        Assert.Equal(kind == ParseFaultKind.None, EncryptedPayload.TryLocate(message, out EncryptedPayload skf, out ParseFault fault));
        Assert.Equal(kind, fault.Kind);
        if (kind == ParseFaultKind.None)
        {
            Assert.Equal((true, PayloadType.IdInitiator, 36, 0), (skf.IsFragment, skf.FirstInner, skf.IvOffset, skf.ContentOctets));
            Assert.Equal(Convert.ToInt32(numbers[..4], 16), skf.FragmentNumber);
        }
    }

    [Fact]
    public void Walking_chains_allocates_nothing()
    {
        RealMessage message = RealMessage.All[0];
        WalkAll(message.Octets, times: 200);
        int payloads = 0;

        Assert.Equal(0, HeapUse.Of(() => payloads = WalkAll(message.Octets, times: 1000)));
        Assert.Equal(1000 * 5, payloads);
    }

    private static int WalkAll(ReadOnlySpan<byte> message, int times)
    {
        int payloads = 0;
        for (int i = 0; i < times; i++)
        {
            if (IkeHeader.Check(message) == DropReason.None && IkeHeader.TryRead(message, out IkeHeader header)
                && PayloadIndex.TryRead(header.NextPayload, message[IkeHeader.Octets..], out PayloadIndex index, out _)
                && index.TryFind(PayloadType.Sa, out PayloadView sa) && SaPayload.TryRead(sa.Body, out SaPayload proposals, out _)
                && index.TryFind(PayloadType.Nonce, out PayloadView nonce) && NoncePayload.TryRead(nonce.Body, out _, out _)
                && index.HasNotify(NotifyType.NatDetectionSourceIp))
            {
                EncryptedPayload.TryLocate(message, out _, out _);
                foreach (ProposalView proposal in proposals)
                {
                    foreach (TransformView transform in proposal.Transforms)
                    {
                        _ = transform.KeyLengthBits;
                    }
                }

                payloads += index.Count;
            }
        }

        return payloads;
    }
}
