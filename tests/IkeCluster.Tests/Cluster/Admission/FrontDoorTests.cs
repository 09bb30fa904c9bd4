using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Admission;

public sealed class FrontDoorTests
{
    private static readonly Instant Noon = AdmissionBench.Noon;
    private static readonly UdpEndpoint Alice = AdmissionBench.Alice;
    private static readonly UdpEndpoint Mallory = AdmissionBench.Endpoint("203.0.113.66", 500);
    private static readonly byte[] Marker = new byte[4];

    private readonly AdmissionBench _bench = new();

    [Fact]
    public void A_good_INIT_is_let_in()
    {
        Verdict verdict = _bench.Judge(Alice, AdmissionBench.Init(), Noon);

        Assert.Equal(VerdictKind.Init, verdict.Kind);
        Assert.Equal(ServiceClass.Init, verdict.Class);
        Assert.Equal(0, verdict.MessageOffset);
        Assert.False(verdict.HadValidCookie);
    }

    [Theory]
    [InlineData(Limits.InitOctetsMax, DropReason.MalformedInit)]
    [InlineData(Limits.InitOctetsMax + 1, DropReason.TooLong)]
    public void An_INIT_of_more_than_four_kilobytes_is_not_read(int octets, DropReason expected)
    {
        byte[] init = new byte[octets];
        IkeHeader.Write(
            init, new IkeSpi(1), IkeSpi.Zero, PayloadType.Sa, ExchangeType.IkeSaInit, HeaderFlags.Initiator, MessageId.Zero,
            (uint)octets);
        Assert.Equal(expected, _bench.Judge(Alice, init, Noon).Drop);
    }

    // RFC 3948 §2; trap 16.
    [Fact]
    public void On_the_NAT_traversal_port_a_marker_tells_IKE_from_ESP()
    {
        DatagramPath natt = AdmissionBench.OnNatTraversalPort(Alice);
        byte[] init = AdmissionBench.Init();
        byte[] marked = [.. Marker, .. init];

        Assert.Equal(4, _bench.Door.Judge(natt, marked, Noon).MessageOffset);
        Assert.Equal(VerdictKind.Init, _bench.Door.Judge(natt, marked, Noon).Kind);
        Assert.Equal(VerdictKind.Esp, _bench.Door.Judge(natt, init, Noon).Kind);
        Assert.Equal(VerdictKind.Keepalive, _bench.Door.Judge(natt, [0xFF], Noon).Kind);
        Assert.Equal(DropReason.TooShort, _bench.Door.Judge(natt, Marker, Noon).Drop);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("ffff")]
    [InlineData("000000")]
    [InlineData("000000ff0000000100112233445566778899aabb")]
    [InlineData("deadbeef00000001")]
    public void On_the_NAT_traversal_port_what_is_neither_is_dropped(string hex) =>
        Assert.Equal(
            DropReason.NotIke,
            _bench.Door.Judge(AdmissionBench.OnNatTraversalPort(Alice), Convert.FromHexString(hex), Noon).Drop);

    [Fact]
    public void On_the_IKE_port_there_is_never_a_marker()
    {
        byte[] marked = [.. Marker, .. AdmissionBench.Init()];

        Assert.Equal(VerdictKind.Drop, _bench.Judge(Alice, marked, Noon).Kind);
        Assert.Equal(DropReason.TooShort, _bench.Judge(Alice, [0xFF], Noon).Drop);
    }

    [Theory]
    [InlineData(8, 1, DropReason.MalformedInit)]      // SPIr is not zero
    [InlineData(23, 1, DropReason.MalformedInit)]     // message ID is not zero
    [InlineData(19, 0x28, DropReason.BadFlags)]       // initiator and response
    [InlineData(19, 0x00, DropReason.BadFlags)]       // neither
    [InlineData(19, 0x20, DropReason.UnexpectedResponse)]
    [InlineData(18, 33, DropReason.BadExchange)]
    [InlineData(18, 38, DropReason.BadExchange)]      // session resumption is not served
    [InlineData(17, 0x10, DropReason.BadVersion)]     // IKEv1
    [InlineData(27, 0xFF, DropReason.LengthMismatch)]
    [InlineData(31, 0xFF, DropReason.MalformedInit)]  // length of the first payload
    public void An_INIT_with_one_octet_wrong_is_dropped(int at, byte value, DropReason reason)
    {
        byte[] init = AdmissionBench.Init();
        init[at] = value;

        Assert.Equal(reason, _bench.Judge(Alice, init, Noon).Drop);
    }

    [Fact]
    public void An_INIT_without_an_SPI_is_dropped() =>
        Assert.Equal(DropReason.MalformedInit, _bench.Judge(Alice, AdmissionBench.Init(spi: IkeSpi.Zero), Noon).Drop);

    // RFC 7296 §2.5, §1.5.
    [Fact]
    public void A_request_of_a_higher_version_is_told_which_one_we_speak()
    {
        byte[] init = AdmissionBench.Init();
        init[17] = 0x31;

        Verdict verdict = _bench.Judge(Alice, init, Noon);

        Assert.Equal(VerdictKind.Reply, verdict.Kind);
        Assert.True(IkeHeader.TryRead(verdict.Reply, out IkeHeader header));
        Assert.Equal(DropReason.None, IkeHeader.Check(verdict.Reply));
        Assert.Equal(AdmissionBench.AliceSpi, header.InitiatorSpi);
        Assert.Equal(HeaderFlags.Response, header.Flags);
        Assert.True(PayloadIndex.TryRead(header.NextPayload, verdict.Reply[IkeHeader.Octets..], out PayloadIndex index, out _));
        Assert.True(index.HasNotify(NotifyType.InvalidMajorVersion));
    }

    [Fact]
    public void A_response_of_a_higher_version_is_dropped()
    {
        byte[] init = AdmissionBench.Init();
        init[17] = 0x30;
        init[19] = (byte)HeaderFlags.Response;

        Assert.Equal(DropReason.BadVersion, _bench.Judge(Alice, init, Noon).Drop);
    }

    [Fact]
    public void Answers_about_the_version_have_a_rate()
    {
        byte[] init = AdmissionBench.Init();
        init[17] = 0x30;
        int answered = 0;
        for (int i = 0; i < 1000; i++)
        {
            answered += _bench.Judge(Alice, init, Noon).Kind == VerdictKind.Reply ? 1 : 0;
        }

        Assert.Equal(20, answered);
    }

    [Theory]
    [InlineData(HeaderFlags.Initiator)]
    [InlineData(HeaderFlags.Initiator | HeaderFlags.Response)]
    [InlineData(HeaderFlags.None)]
    [InlineData(HeaderFlags.Response)]
    public void Our_SPI_stands_on_our_side_of_the_header(HeaderFlags flags)
    {
        IkeSpi ours = _bench.Seal.Seal(new ShardId(77), 4711);
        var theirs = new IkeSpi(0xDEAD_BEEF_0000_0001);
        bool peerIsInitiator = flags.HasFlag(HeaderFlags.Initiator);
        byte[] message = peerIsInitiator ? AdmissionBench.Sealed(theirs, ours, flags) : AdmissionBench.Sealed(ours, theirs, flags);
        byte[] swapped = peerIsInitiator ? AdmissionBench.Sealed(ours, theirs, flags) : AdmissionBench.Sealed(theirs, ours, flags);

        Verdict verdict = _bench.Judge(Alice, message, Noon);

        Assert.Equal(VerdictKind.ToShard, verdict.Kind);
        Assert.Equal(new ShardId(77), verdict.Shard);
        Assert.Equal(ours, verdict.LocalSpi);
        Assert.Equal(ServiceClass.Established, verdict.Class);
        Assert.Equal(DropReason.BadSeal, _bench.Judge(Alice, swapped, Noon).Drop);
    }

    [Theory]
    [InlineData(ExchangeType.IkeAuth, ServiceClass.Login)]
    [InlineData(ExchangeType.IkeIntermediate, ServiceClass.Login)]
    [InlineData(ExchangeType.CreateChildSa, ServiceClass.Established)]
    public void Logins_stand_behind_established_SAs(ExchangeType exchange, ServiceClass expected)
    {
        IkeSpi ours = _bench.Seal.Seal(new ShardId(1), 1);

        Assert.Equal(
            expected,
            _bench.Judge(Alice, AdmissionBench.Sealed(AdmissionBench.AliceSpi, ours, HeaderFlags.Initiator, exchange), Noon).Class);
    }

    // RFC 7296 §2.6; trap 3.
    [Fact]
    public void A_cookie_request_is_a_header_with_zeroes_and_one_notify()
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { Cookies = CookieMode.Always });

        Verdict verdict = bench.Judge(Alice, AdmissionBench.Init(), Noon);

        Assert.Equal(VerdictKind.Reply, verdict.Kind);
        Assert.True(IkeHeader.TryRead(verdict.Reply, out IkeHeader header));
        Assert.Equal(AdmissionBench.AliceSpi, header.InitiatorSpi);
        Assert.True(header.ResponderSpi.IsZero);
        Assert.Equal(MessageId.Zero, header.MessageId);
        Assert.Equal(HeaderFlags.Response, header.Flags);
        Assert.Equal(ExchangeType.IkeSaInit, header.Exchange);
        Assert.Equal(PayloadType.Notify, header.NextPayload);
        Assert.InRange(AdmissionBench.CookieIn(verdict.Reply).Length, 1, 64);
        Assert.Equal(1, bench.Door.CookiesAsked);
    }

    // Amplification: what we send to an address that may be forged is no longer than what it sent.
    [Fact]
    public void A_cookie_request_is_shorter_than_what_it_answers()
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { Cookies = CookieMode.Always });
        byte[] init = AdmissionBench.Init();

        Assert.True(bench.Judge(Alice, init, Noon).Reply.Length < init.Length);
    }

    [Fact]
    public void Who_brings_the_cookie_back_is_let_in()
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { Cookies = CookieMode.Always });
        byte[] cookie = bench.CookieFor(Alice, AdmissionBench.Init(), Noon);

        Verdict verdict = bench.Judge(Alice, AdmissionBench.Init(cookie), Noon + TimeSpan.FromSeconds(5));

        Assert.Equal(VerdictKind.Init, verdict.Kind);
        Assert.True(verdict.HadValidCookie);
        Assert.Equal(1, bench.Door.CookiesAccepted);
    }

    // Trap 4: a NAT may map the retry to another port.
    [Fact]
    public void A_cookie_is_good_from_another_port_but_not_from_another_address()
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { Cookies = CookieMode.Always });
        byte[] cookie = bench.CookieFor(Alice, AdmissionBench.Init(), Noon);

        Assert.Equal(VerdictKind.Init, bench.Judge(Alice with { Port = 61_234 }, AdmissionBench.Init(cookie), Noon).Kind);
        Assert.Equal(VerdictKind.Reply, bench.Judge(Mallory, AdmissionBench.Init(cookie), Noon).Kind);
        Assert.Equal(1, bench.Door.CookiesRefused);
    }

    // Trap 5: a cookie says nothing about the key exchange, so it serves again after INVALID_KE_PAYLOAD.
    [Fact]
    public void A_cookie_serves_twice_and_with_another_key_exchange()
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { Cookies = CookieMode.Always });
        byte[] cookie = bench.CookieFor(Alice, AdmissionBench.Init(), Noon);
        byte[] second = AdmissionBench.Init(cookie);
        second[IkeHeader.Octets + 8 + cookie.Length + 48 + 4] ^= 0x1F;

        Assert.Equal(VerdictKind.Init, bench.Judge(Alice, AdmissionBench.Init(cookie), Noon).Kind);
        Assert.Equal(VerdictKind.Init, bench.Judge(Alice, second, Noon).Kind);
    }

    [Fact]
    [Trait("row", "79")]
    public void A_wrong_cookie_is_as_none()
    {
        byte[] wrong = AdmissionBench.Init(new byte[18]);

        Assert.Equal(VerdictKind.Init, _bench.Judge(Alice, wrong, Noon).Kind);
        Assert.False(_bench.Judge(Alice, wrong, Noon).HadValidCookie);
    }

    [Theory]
    [Trait("row", "79")]
    [InlineData(65)]
    [InlineData(200)]
    public void A_cookie_beyond_64_octets_is_none(int octets)
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { Cookies = CookieMode.Always });

        Assert.Equal(VerdictKind.Reply, bench.Judge(Alice, AdmissionBench.Init(new byte[octets]), Noon).Kind);
        Assert.Equal(0, bench.Door.CookiesRefused);
    }

    [Fact]
    public void A_bare_INIT_past_the_rate_brings_on_a_cookie_request_and_no_more()
    {
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(VerdictKind.Init, _bench.Judge(Alice, AdmissionBench.Init(), Noon).Kind);
        }

        byte[] cookie = _bench.CookieFor(Alice, AdmissionBench.Init(), Noon);
        Assert.Equal(ServiceClass.Init, _bench.Judge(Alice, AdmissionBench.Init(cookie), Noon).Class);
        Assert.Equal(VerdictKind.Init, _bench.Judge(Mallory, AdmissionBench.Init(), Noon).Kind);
    }

    [Fact]
    public void Without_cookies_a_source_past_its_rate_is_served_last()
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { Cookies = CookieMode.Never });
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(ServiceClass.Init, bench.Judge(Alice, AdmissionBench.Init(), Noon).Class);
        }

        Assert.Equal(ServiceClass.LateInit, bench.Judge(Alice, AdmissionBench.Init(), Noon).Class);
    }

    [Fact]
    public void A_proven_source_past_its_rate_is_served_last_and_dropped_only_under_overload()
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { Cookies = CookieMode.Always });
        byte[] proven = AdmissionBench.Init(bench.CookieFor(Alice, AdmissionBench.Init(), Noon));
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(ServiceClass.Init, bench.Judge(Alice, proven, Noon).Class);
        }

        Assert.Equal(VerdictKind.Init, bench.Judge(Alice, proven, Noon).Kind);
        Assert.Equal(ServiceClass.LateInit, bench.Judge(Alice, proven, Noon).Class);

        bench.Door.IsLoopBehind = true;
        Assert.Equal(DropReason.SourceRate, bench.Judge(Alice, proven, Noon).Drop);
    }

    [Fact]
    public void A_proven_source_with_too_many_half_open_SAs_is_served_last_until_logins_succeed()
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { Cookies = CookieMode.Always, HalfOpenPerSource = 2 });
        byte[] proven = AdmissionBench.Init(bench.CookieFor(Alice, AdmissionBench.Init(), Noon));
        bench.Door.HalfOpenAdded(Alice.Address, hadValidCookie: true);
        bench.Door.HalfOpenAdded(Alice.Address, hadValidCookie: true);
        Assert.Equal(ServiceClass.LateInit, bench.Judge(Alice, proven, Noon).Class);

        bench.Door.LoginSucceeded(Alice.Address, hadValidCookie: true);

        Assert.Equal(ServiceClass.Init, bench.Judge(Alice, proven, Noon).Class);
        Assert.Equal(1, bench.HalfOpen.Count);
    }

    [Fact]
    public void A_node_full_of_half_open_SAs_lets_nobody_in()
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { HalfOpenLimit = 1 });
        byte[] cookie = bench.CookieForWhenFull(Alice, Noon);

        Assert.Equal(DropReason.HalfOpenFull, bench.Judge(Alice, AdmissionBench.Init(cookie), Noon).Drop);

        bench.Door.HalfOpenRemoved(Alice.Address, isProved: false);
        Assert.Equal(VerdictKind.Init, bench.Judge(Alice, AdmissionBench.Init(cookie), Noon).Kind);
    }

    // STYLE rule 13. Neither junk nor cookies, good or bad, leave a trace on the heap.
    [Fact]
    public void The_front_door_judges_without_allocating()
    {
        var bench = new AdmissionBench(AdmissionSettings.Default with { Cookies = CookieMode.Always });
        byte[] bare = AdmissionBench.Init();
        byte[] proven = AdmissionBench.Init(bench.CookieFor(Alice, bare, Noon));
        byte[] forged = AdmissionBench.Init(new byte[18]);
        byte[] live = AdmissionBench.Sealed(AdmissionBench.AliceSpi, bench.Seal.Seal(new ShardId(3), 9), HeaderFlags.Initiator);
        byte[] dead = AdmissionBench.Sealed(AdmissionBench.AliceSpi, new IkeSpi(12345), HeaderFlags.Initiator);
        byte[][] all = [bare, proven, forged, live, dead, [0xFF], new byte[100]];
        UdpEndpoint[] sources = [Alice, Mallory, AdmissionBench.Endpoint("2001:db8::5", 500)];

        Judge(times: 300);
        Assert.Equal(0, HeapUse.Of(() => Judge(times: 10_000)));

        void Judge(int times)
        {
            for (int i = 0; i < times; i++)
            {
                UdpEndpoint from = sources[i % sources.Length];
                bench.Door.Judge(AdmissionBench.OnIkePort(from), all[i % all.Length], Noon);
                bench.Door.Judge(AdmissionBench.OnNatTraversalPort(from), all[i % all.Length], Noon);
            }
        }
    }

    [Fact]
    public void Garbage_of_any_length_is_judged_and_never_throws()
    {
        var chance = new Random(4711);
        byte[] init = AdmissionBench.Init(new byte[18]);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] garbage = init[..chance.Next(init.Length + 1)];
            for (int changes = chance.Next(4); changes > 0 && garbage.Length > 0; changes--)
            {
                garbage[chance.Next(garbage.Length)] = (byte)chance.Next(256);
            }

            if (garbage.Length >= 28 && chance.Next(2) == 0)
            {
                garbage[26] = (byte)(garbage.Length >> 8);
                garbage[27] = (byte)garbage.Length;
            }

            DatagramPath path = chance.Next(2) == 0 ? AdmissionBench.OnIkePort(Alice) : AdmissionBench.OnNatTraversalPort(Alice);
            Assert.True(Enum.IsDefined(_bench.Door.Judge(path, garbage, Noon).Kind));
        }
    }
}
