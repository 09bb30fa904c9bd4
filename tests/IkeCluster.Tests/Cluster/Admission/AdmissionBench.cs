using IkeCluster.Cluster.Admission;
using IkeCluster.Crypto;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Admission;

/// <summary>A front door with its budgets, and the datagrams that strangers bring.</summary>
internal sealed class AdmissionBench
{
    public static readonly Instant Noon = new(1_800_000_000_000_000);
    public static readonly UdpEndpoint Alice = Endpoint("192.0.2.10", 500);
    public static readonly IkeSpi AliceSpi = new(0x1122_3344_5566_7788);

    private static readonly UdpEndpoint OurIkePort = Endpoint("198.51.100.1", 500);

    private readonly byte[] _received = new byte[Limits.DatagramOctetsMax];

    public AdmissionBench(AdmissionSettings? settings = null)
    {
        settings ??= AdmissionSettings.Default;
        Sources = new SourceBudget(settings, hashKey: 0x5EED_0001);
        HalfOpen = new HalfOpenBudget(settings);
        Keys = KeysOf(1);
        Seal = new SpiSeal(Keys);
        Door = new FrontDoor(Keys, Seal, Sources, HalfOpen);
    }

    public ClusterKeys Keys { get; }

    public SpiSeal Seal { get; }

    public SourceBudget Sources { get; }

    public HalfOpenBudget HalfOpen { get; }

    public FrontDoor Door { get; }

    /// <summary>Keys of one cluster: the same version has the same key each time.</summary>
    public static ClusterKeys KeysOf(params byte[] versions) =>
        ClusterKeys.From([.. versions.Select(version => (version, SecretBytes.CopyOf([.. Enumerable.Repeat(version, 32)])))]);

    public static UdpEndpoint Endpoint(string address, ushort port)
    {
        Assert.True(IpAddress.TryParse(address, out IpAddress parsed));
        return new UdpEndpoint(parsed, port);
    }

    public static DatagramPath OnIkePort(UdpEndpoint from) => new(from, OurIkePort, NonEspMarker: false);

    public static DatagramPath OnNatTraversalPort(UdpEndpoint from) =>
        new(from, OurIkePort with { Port = 4500 }, NonEspMarker: true);

    /// <summary>An IKE_SA_INIT request as a good client sends it, with a cookie in front where there is one.</summary>
    public static byte[] Init(ReadOnlySpan<byte> cookie = default, byte nonceFill = 7, IkeSpi? spi = null)
    {
        byte[] buffer = new byte[1024];
        var writer = new PayloadWriter(buffer.AsSpan(IkeHeader.Octets));
        if (!cookie.IsEmpty)
        {
            writer.Notify(NotifyType.Cookie, cookie);
        }

        writer.Raw(PayloadType.Sa, new byte[44]);
        writer.Raw(PayloadType.Ke, new byte[36]);
        writer.Reserve(PayloadType.Nonce, 32).Fill(nonceFill);
        return Message(buffer, writer, spi ?? AliceSpi, IkeSpi.Zero, ExchangeType.IkeSaInit, HeaderFlags.Initiator);
    }

    /// <summary>A message of an SA that lives; what it says is encrypted and none of admission's business.</summary>
    public static byte[] Sealed(IkeSpi initiator, IkeSpi responder, HeaderFlags flags, ExchangeType exchange = ExchangeType.Informational)
    {
        byte[] buffer = new byte[128];
        var writer = new PayloadWriter(buffer.AsSpan(IkeHeader.Octets));
        writer.Raw(PayloadType.Encrypted, new byte[40]);
        return Message(buffer, writer, initiator, responder, exchange, flags);
    }

    public Verdict Judge(UdpEndpoint from, byte[] datagram, Instant now) => Door.Judge(OnIkePort(from), Received(datagram), now);

    /// <summary>The cookie that the front door asks Alice for; fails where it does not ask.</summary>
    public byte[] CookieFor(UdpEndpoint from, byte[] init, Instant now)
    {
        Verdict verdict = Judge(from, init, now);
        Assert.Equal(VerdictKind.Reply, verdict.Kind);
        return CookieIn(verdict.Reply);
    }

    /// <summary>Fills the node, of which a cookie request tells, and brings the cookie.</summary>
    public byte[] CookieForWhenFull(UdpEndpoint from, Instant now)
    {
        Door.HalfOpenAdded(from.Address, hadValidCookie: false);
        Assert.True(HalfOpen.IsFull);
        return CookieFor(from, Init(), now);
    }

    public static byte[] CookieIn(ReadOnlySpan<byte> reply)
    {
        Assert.True(IkeHeader.TryRead(reply, out IkeHeader header));
        Assert.True(PayloadIndex.TryRead(header.NextPayload, reply[IkeHeader.Octets..], out PayloadIndex index, out _));
        Assert.True(index.TryFindNotify(NotifyType.Cookie, out var notify));
        return notify.Data.ToArray();
    }

    private static byte[] Message(
        byte[] buffer, PayloadWriter writer, IkeSpi initiator, IkeSpi responder, ExchangeType exchange, HeaderFlags flags)
    {
        Assert.False(writer.Overflowed);
        int octets = IkeHeader.Octets + writer.Written;
        IkeHeader.Write(buffer, initiator, responder, writer.First, exchange, flags, MessageId.Zero, (uint)octets);
        return buffer[..octets];
    }

    private Span<byte> Received(byte[] datagram)
    {
        datagram.CopyTo(_received, 0);
        return _received.AsSpan(0, datagram.Length);
    }
}
