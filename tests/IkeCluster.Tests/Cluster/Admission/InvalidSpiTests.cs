using IkeCluster.Cluster.Admission;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Admission;

/// <summary>INVALID_IKE_SPI in clear (RFC 7296 §1.5, 2.21.4): to whom, and how often.</summary>
public sealed class InvalidSpiTests
{
    private static readonly Instant Noon = AdmissionBench.Noon;
    private static readonly UdpEndpoint Alice = AdmissionBench.Alice;

    private readonly AdmissionBench _bench = new();

    public InvalidSpiTests() => _bench.Door.TellsInvalidSpi = true;

    [Theory]
    [InlineData(HeaderFlags.Initiator, HeaderFlags.Response)]
    [InlineData(HeaderFlags.None, HeaderFlags.Response | HeaderFlags.Initiator)]
    public void A_request_for_an_SPI_that_nobody_made_is_told_so_with_its_own_numbers(HeaderFlags asked, HeaderFlags answered)
    {
        byte[] request = Request(flags: asked);

        Verdict verdict = _bench.Judge(Alice, request, Noon);

        Assert.Equal((VerdictKind.Reply, DropReason.BadSeal), (verdict.Kind, verdict.Drop));
        Assert.Equal(DropReason.None, IkeHeader.Check(verdict.Reply));
        Assert.True(IkeHeader.TryRead(verdict.Reply, out IkeHeader header));
        Assert.Equal((new IkeSpi(1), new IkeSpi(2), new MessageId(7)), (header.InitiatorSpi, header.ResponderSpi, header.MessageId));
        Assert.Equal((ExchangeType.Informational, answered), (header.Exchange, header.Flags));
        Assert.True(PayloadIndex.TryRead(header.NextPayload, verdict.Reply[IkeHeader.Octets..], out PayloadIndex payloads, out _));
        Assert.True(payloads.HasNotify(NotifyType.InvalidIkeSpi));
        Assert.True(verdict.Reply.Length <= request.Length);
    }

    [Fact]
    public void By_default_nothing_is_told()
    {
        _bench.Door.TellsInvalidSpi = false;

        Assert.Equal((VerdictKind.Drop, DropReason.BadSeal), Judged(Request()));
    }

    [Fact]
    public void A_response_is_never_answered() =>
        Assert.Equal((VerdictKind.Drop, DropReason.BadSeal), Judged(Request(flags: HeaderFlags.Initiator | HeaderFlags.Response)));

    [Theory]
    [InlineData(0UL, 2UL)]
    [InlineData(1UL, 0UL)]
    public void A_request_without_both_SPIs_is_not_answered(ulong initiator, ulong responder) =>
        Assert.Equal((VerdictKind.Drop, DropReason.BadSeal), Judged(Request(initiator, responder)));

    [Fact]
    public void What_is_not_under_protection_is_not_answered()
    {
        byte[] clear = new byte[64];
        var writer = new PayloadWriter(clear.AsSpan(IkeHeader.Octets));
        writer.Notify(NotifyType.InvalidIkeSpi, new byte[28]);
        IkeHeader.Write(
            clear, new IkeSpi(1), new IkeSpi(2), writer.First, ExchangeType.Informational, HeaderFlags.Initiator, new MessageId(7), 64);

        Assert.Equal((VerdictKind.Drop, DropReason.BadSeal), Judged(clear));
    }

    [Fact]
    public void One_source_and_all_sources_together_have_a_rate()
    {
        Assert.Equal(20, Enumerable.Range(0, 1000).Count(_ => _bench.Judge(Alice, Request(), Noon).Kind == VerdictKind.Reply));

        int told = 20;
        for (int i = 0; i < 1000; i++)
        {
            UdpEndpoint source = AdmissionBench.Endpoint($"198.51.{i >> 8}.{i & 255}", 500);
            told += _bench.Judge(source, Request(), Noon).Kind == VerdictKind.Reply ? 1 : 0;
        }

        // What one source asked past its own rate has spent of the loop's too.
        Assert.InRange(told, 20, NoticeBudget.PerSecondMax);
        Assert.Equal(VerdictKind.Reply, _bench.Judge(AdmissionBench.Endpoint("203.0.113.200", 500), Request(), Noon + TimeSpan.FromSeconds(1)).Kind);
    }

    // RFC 7296 §2.5; an answer that is longer than its question would make a reflector of us.
    [Fact]
    public void A_bare_header_of_a_higher_version_is_shorter_than_the_answer_and_gets_none()
    {
        byte[] bare = new byte[IkeHeader.Octets];
        IkeHeader.Write(
            bare, new IkeSpi(1), IkeSpi.Zero, PayloadType.None, ExchangeType.IkeSaInit, HeaderFlags.Initiator, MessageId.Zero, IkeHeader.Octets);
        bare[17] = 0x30;

        Assert.Equal((VerdictKind.Drop, DropReason.BadVersion), Judged(bare));
    }

    private (VerdictKind Kind, DropReason Drop) Judged(byte[] message)
    {
        Verdict verdict = _bench.Judge(Alice, message, Noon);
        return (verdict.Kind, verdict.Drop);
    }

    private static byte[] Request(ulong initiator = 1, ulong responder = 2, HeaderFlags flags = HeaderFlags.Initiator)
    {
        byte[] message = new byte[80];
        int octets = message.Length - IkeHeader.Octets;
        message[IkeHeader.Octets + 2] = (byte)(octets >> 8);
        message[IkeHeader.Octets + 3] = (byte)octets;
        IkeHeader.Write(
            message, new IkeSpi(initiator), new IkeSpi(responder), PayloadType.Encrypted, ExchangeType.Informational, flags, new MessageId(7),
            (uint)message.Length);
        return message;
    }
}
