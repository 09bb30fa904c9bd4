using System.Buffers.Binary;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Protocol;

public sealed class IkeHeaderTests
{
    private static readonly byte[] Sound = Header();

    [Fact]
    public void The_fields_of_a_captured_request_stand_where_RFC_7296_draws_them()
    {
        RealMessage first = RealMessage.All[0];

        Assert.True(IkeHeader.TryRead(first.Octets, out IkeHeader header));
        Assert.Equal(new IkeSpi(0x19ab98963486359f), header.InitiatorSpi);
        Assert.True(header.ResponderSpi.IsZero);
        Assert.Equal(PayloadType.Sa, header.NextPayload);
        Assert.Equal((2, 0), (header.MajorVersion, header.MinorVersion));
        Assert.Equal(ExchangeType.IkeSaInit, header.Exchange);
        Assert.Equal(HeaderFlags.Initiator, header.Flags);
        Assert.True(header.IsInitiator);
        Assert.False(header.IsResponse);
        Assert.Equal(MessageId.Zero, header.MessageId);
        Assert.Equal((uint)first.Octets.Length, header.Length);
    }

    [Fact]
    public void Every_captured_message_has_a_sound_header() =>
        Assert.All(RealMessage.All, message => Assert.Equal(DropReason.None, IkeHeader.Check(message.Octets)));

    [Fact]
    public void What_is_written_is_read_again()
    {
        byte[] octets = new byte[IkeHeader.Octets];
        IkeHeader.Write(
            octets, new IkeSpi(1), new IkeSpi(ulong.MaxValue), PayloadType.Encrypted, ExchangeType.CreateChildSa,
            HeaderFlags.Response | HeaderFlags.Initiator, new MessageId(7), 28);

        Assert.True(IkeHeader.TryRead(octets, out IkeHeader header));
        Assert.Equal((new IkeSpi(1), new IkeSpi(ulong.MaxValue)), (header.InitiatorSpi, header.ResponderSpi));
        Assert.Equal((PayloadType.Encrypted, ExchangeType.CreateChildSa), (header.NextPayload, header.Exchange));
        Assert.Equal((true, true, 7u, 28u), (header.IsInitiator, header.IsResponse, header.MessageId.Value, header.Length));
        Assert.Equal(DropReason.None, IkeHeader.Check(octets));
    }

    [Fact]
    public void A_header_that_is_cut_off_is_too_short()
    {
        for (int length = 0; length < IkeHeader.Octets; length++)
        {
            Assert.False(IkeHeader.TryRead(Sound.AsSpan(0, length), out _));
            Assert.Equal(DropReason.TooShort, IkeHeader.Check(Sound.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(17, 0x20, DropReason.None)]
    [InlineData(17, 0x2F, DropReason.None)]         // RFC 7296 §2.5: a higher minor version is accepted
    [InlineData(17, 0x10, DropReason.BadVersion)]   // IKEv1
    [InlineData(17, 0x30, DropReason.BadVersion)]
    [InlineData(18, 36, DropReason.None)]
    [InlineData(18, 43, DropReason.None)]
    [InlineData(18, 33, DropReason.BadExchange)]
    [InlineData(18, 42, DropReason.BadExchange)]
    [InlineData(18, 0, DropReason.BadExchange)]
    [InlineData(19, 0x08, DropReason.None)]
    [InlineData(19, 0x20, DropReason.None)]
    [InlineData(19, 0x08 | 0xC7, DropReason.None)]  // RFC 7296 §3.1: reserved bits are ignored
    [InlineData(19, 0x00, DropReason.BadFlags)]     // IKE_SA_INIT is asked by the original initiator only
    [InlineData(19, 0x28, DropReason.BadFlags)]
    [InlineData(27, 27, DropReason.LengthMismatch)]
    [InlineData(27, 29, DropReason.LengthMismatch)]
    [InlineData(24, 0xFF, DropReason.LengthMismatch)]
    public void A_header_is_judged_by_its_octets(int at, byte value, DropReason reason)
    {
        byte[] octets = [.. Sound];
        octets[at] = value;
        Assert.Equal(reason, IkeHeader.Check(octets));
    }

    [Fact]
    public void A_message_above_the_limit_is_too_long()
    {
        byte[] octets = new byte[Limits.MessageOctetsMax + 1];
        Sound.CopyTo(octets, 0);
        BinaryPrimitives.WriteInt32BigEndian(octets.AsSpan(24), octets.Length);

        Assert.Equal(DropReason.TooLong, IkeHeader.Check(octets));
    }

    private static byte[] Header()
    {
        byte[] octets = new byte[IkeHeader.Octets];
        IkeHeader.Write(
            octets, new IkeSpi(1), IkeSpi.Zero, PayloadType.None, ExchangeType.IkeSaInit, HeaderFlags.Initiator, MessageId.Zero, 28);
        return octets;
    }
}
