using System.Text.Json;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Control;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Window;
using IkeCluster.Node.Configuration;
using IkeCluster.Node.Control;
using IkeCluster.Node.Events;
using IkeCluster.Node.Health;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.TestKit;

namespace IkeCluster.Tests.Node.Events;

public sealed class NodeEventsTests : IDisposable
{
    private static readonly Instant LoginAt = new(1_000_000_000_000_000);

    private readonly string _file = Path.GetTempFileName();
    private readonly RecordedLog _log = new();
    private readonly Metrics _metrics = new();

    [Fact]
    public async Task A_login_is_one_audit_line_and_one_for_each_address()
    {
        string[] lines = await AuditOf(events => events.Happened(new SaEvent.Established(State(), "psk")));

        Assert.Equal(["login", "lease", "lease"], lines.Select(line => Key(line, "event")));
        Assert.All(lines, line => Assert.Equal("alice@example.org", Key(line, "identity")));
        Assert.Equal(("psk", "192.0.2.2:4500", "roadwarrior"), (Key(lines[0], "method"), Key(lines[0], "remote_address"), Key(lines[0], "connection")));
        Assert.Equal(("rw4", "10.64.0.2"), (Key(lines[1], "pool"), Key(lines[1], "virtual_ip")));
        Assert.Equal(("rw6", "fd00:64::2"), (Key(lines[2], "pool"), Key(lines[2], "virtual_ip")));
        Assert.Contains("ike_auth_total{method=\"psk\",result=\"ok\"} 1", Page(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_login_has_its_cause_for_the_operator()
    {
        var failed = new SaEvent.LoginFailed(new IkeSpi(7), Way(), Id("mallory@example.org"), "roadwarrior", "psk", LoginFailure.WrongPsk, "the proof\ndoes not fit");
        string line = Assert.Single(await AuditOf(events => events.Happened(failed)));

        Assert.Equal(
            ("login_failed", "mallory@example.org", "wrong_psk", "the proof\ndoes not fit"),
            (Key(line, "event"), Key(line, "identity"), Key(line, "failure"), Key(line, "cause")));
        Assert.Contains("ike_auth_total{method=\"psk\",result=\"wrong_psk\"} 1", Page(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', Assert.Single(_log.Lines));
    }

    [Fact]
    public async Task A_move_and_an_end_have_lines_too()
    {
        DatagramPath before = Way() with { Remote = new UdpEndpoint(Address("198.51.100.9"), 1024) };
        string[] lines = await AuditOf(events =>
        {
            events.Happened(new SaEvent.Moved(State(), before));
            events.Happened(new SaEvent.Ended(State(), EndCause.PeerDelete));
        });

        Assert.Equal(("move", "198.51.100.9:1024"), (Key(lines[0], "event"), Key(lines[0], "from_address")));
        Assert.Equal(("end", "peer_delete"), (Key(lines[1], "event"), Key(lines[1], "cause")));
    }

    // One that is not taken would be a fault of the SA that it happened to.
    [Fact]
    public async Task Every_kind_of_event_is_taken()
    {
        SaEvent[] kinds =
        [
            new SaEvent.InitRefused(Way(), NotifyType.NoProposalChosen, "none fits"), new SaEvent.Established(State(), "psk"),
            new SaEvent.LoginFailed(new IkeSpi(7), Way(), null, null, "psk", LoginFailure.WrongPsk, "wrong"),
            new SaEvent.ChildInstalled(State(), Child(), null), new SaEvent.ChildRefused(State(), "TsUnacceptable"),
            new SaEvent.LimitReached(State(), "children_per_sa"), new SaEvent.ChildRemoved(State(), Child(), ChildEndCause.Expired), Refused("", NotifyType.NoProposalChosen, Instant.Never),
            new SaEvent.IkeRekeyed(State(), State()), new SaEvent.Collided(State(), "child", KeptOurs: true), new SaEvent.Moved(State(), Way()),
            new SaEvent.Redirected(State(), "vpn2.example.org"), new SaEvent.Ended(State(), EndCause.PeerDelete),
            new SaEvent.WeakAlgorithm(new IkeSpi(7), "roadwarrior", "3DES"), new SaEvent.ExchangeDone("informational", "responder", "ok"),
        ];
        Assert.Equal(
            typeof(SaEvent).GetNestedTypes().Select(type => type.Name).Order(StringComparer.Ordinal),
            kinds.Select(kind => kind.GetType().Name).Order(StringComparer.Ordinal));

        await AuditOf(events => Assert.All(kinds, events.Happened));

        Assert.Contains("ike_collisions_total{sa=\"child\",kept=\"ours\"} 1", Page(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "(hidden)")]
    [InlineData(1, "#")]
    [InlineData(2, "alice@example.org")]
    public async Task The_log_shows_identities_as_configured(int style, string shown)
    {
        await AuditOf(events => events.Happened(new SaEvent.Established(State(), "psk")), (IdentityStyle)style);
        string line = Assert.Single(_log.Lines);

        Assert.Contains($"peer {shown}", line, StringComparison.Ordinal);
        Assert.Equal(style == 2, line.Contains("alice", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_full_disk_ends_neither_the_process_nor_the_audit()
    {
        string way = $"{_file}.link";
        File.CreateSymbolicLink(way, "/dev/full");
        try
        {
            AuditLog audit = AuditLog.Open(new AuditSettings(AuditTarget.File, way), _log);
            audit.Write("""{"event":"login"}""");
            await WaitForAsync(() => _log.Lines.Any(line => line.Contains("could not be written", StringComparison.Ordinal)));

            // There is room again.
            File.Delete(way);
            File.CreateSymbolicLink(way, _file);
            await WaitForAsync(() => File.Exists(_file) && File.ReadAllText(_file).Length > 0);
            Assert.Equal("""{"event":"login"}""", Assert.Single(await File.ReadAllLinesAsync(_file)));

            File.Delete(way);
            File.CreateSymbolicLink(way, "/dev/full");
            audit.Reopen();
            audit.Write("""{"event":"end"}""");
            await audit.DisposeAsync();
        }
        finally
        {
            File.Delete(way);
        }
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            await Task.Delay(20, patience.Token);
        }
    }

    [Fact]
    public async Task Failed_logins_have_few_lines_a_minute_and_the_metrics_count_all()
    {
        var failed = new SaEvent.LoginFailed(new IkeSpi(7), Way(), Id("mallory@example.org"), "rw", "psk", LoginFailure.WrongPsk, "the keys differ");
        string[] audited = await AuditOf(events =>
        {
            for (int i = 0; i < 2000; i++)
            {
                events.Happened(failed);
            }
        });

        Assert.InRange(_log.Lines.Count, 60, 70);
        Assert.InRange(audited.Length, 600, 700);
        Assert.Contains("ike_auth_total{method=\"psk\",result=\"wrong_psk\"} 2000", Page(), StringComparison.Ordinal);
    }

    // IDi beside an EAP identity is what anybody may say.
    [Fact]
    public async Task The_audit_goes_by_the_eap_identity_and_not_by_what_the_peer_claims()
    {
        IkeSaState state = State();
        state = state with { Facts = state.Facts! with { RemoteId = Id("ceo@example.org"), EapId = Id("alice@example.org") } };
        string line = (await AuditOf(events => events.Happened(new SaEvent.Established(state, "eap-mschapv2"))))[0];

        Assert.Equal(
            ("alice@example.org", "alice@example.org", "ceo@example.org"), (Key(line, "identity"), Key(line, "eap_identity"), Key(line, "claimed_identity")));
        Assert.False(new SaFilter("ceo@*", null).Holds(state));
        Assert.True(new SaFilter("alice@*", null).Holds(state));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void An_identity_that_the_peer_chose_is_masked_in_a_cause_whatever_stands_in_it(int style)
    {
        var mask = new IdentityMask((IdentityStyle)style, new byte[32]);
        string cause = mask.ShowCause($"the peer wants {Id("alice»secret@example.org").ToQuoted()}, and so on");

        Assert.DoesNotContain("secret", cause, StringComparison.Ordinal);
        Assert.EndsWith("», and so on", cause, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "«(hidden)» is expired")]
    [InlineData(1, "«#")]
    [InlineData(2, "«CN=alice, O=Example» is expired")]
    public void The_subject_of_a_certificate_is_an_identity_too(int style, string shown)
    {
        var mask = new IdentityMask((IdentityStyle)style, new byte[32]);

        string cause = mask.ShowCause("«CN=alice, O=Example» is expired; rsa-sha256 stays");

        Assert.Contains(shown, cause, StringComparison.Ordinal);
        Assert.Equal(style == 2, cause.Contains("alice", StringComparison.Ordinal));
        Assert.EndsWith("; rsa-sha256 stays", cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_audited_where_nothing_is_to_be()
    {
        Assert.Empty(await AuditOf(events => events.Happened(new SaEvent.Established(State(), "psk")), to: AuditTarget.None));
    }

    [Fact]
    public void The_list_of_an_operator_has_the_keys_of_the_contract()
    {
        SaInfo info = SaText.Describe(new SaView(new ShardId(3), State()), "node-1", LoginAt + TimeSpan.FromMinutes(1));
        string json = JsonSerializer.Serialize(info, ControlJson.Default.SaInfo);

        Assert.Equal(
            """{"local_spi":"0000000000000001","peer_spi":"0000000000000002","connection":"roadwarrior","state":"established","local_id":"vpn.example.org","remote_id":"alice@example.org","eap_id":null,"local_address":"192.0.2.1:4500","remote_address":"192.0.2.2:4500","virtual_ips":["10.64.0.2","fd00:64::2"],"proposal":"AES_GCM_16-256/PRF_HMAC_SHA2_384/CURVE_25519","established_s":60,"rekey_in_s":14340,"node":"node-1","shard":3,"children":[]}""",
            json);
    }

    [Fact]
    public void A_rekey_that_is_late_is_due_now() => Assert.Equal(
        0, SaText.Describe(new SaView(new ShardId(3), State()), "node-1", LoginAt + TimeSpan.FromHours(5)).RekeyInS);

    [Theory]
    [InlineData(null, null, "10m", "say whom to trace: identity or address")]
    [InlineData("", null, "10m", "the identity is empty, write whose SAs to trace; * stands for any characters")]
    [InlineData(null, "192.0.2", "10m", "\"192.0.2\" is not an address, write one such as 192.0.2.7 or 2001:db8::7")]
    [InlineData(null, "", "10m", "\"\" is not an address, write one such as 192.0.2.7 or 2001:db8::7")]
    [InlineData("alice@*", null, "10x", "\"10x\" is not a time to trace for, write a time such as 30s, 4h or 1h30m, 24h at most")]
    [InlineData("alice@*", null, "0s", "\"0s\" is not a time to trace for, write a time such as 30s, 4h or 1h30m, 24h at most")]
    [InlineData("alice@*", null, "25h", "\"25h\" is not a time to trace for, write a time such as 30s, 4h or 1h30m, 24h at most")]
    [InlineData("alice@*", null, "24h", "")]
    [InlineData(null, "2001:db8::7", "1h30m", "")]
    public void A_trace_of_nobody_or_for_no_time_is_refused(string? identity, string? address, string span, string fault) =>
        Assert.Equal(fault, LogDesk.FaultOf(new SaFilter(identity, address), span, out _));

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("alice@example.org", null, true)]
    [InlineData("*@EXAMPLE.org", null, true)]
    [InlineData("bob@example.org", null, false)]
    [InlineData(null, "192.0.2.2", true)]
    [InlineData(null, "10.64.0.2", true)]
    [InlineData(null, "10.64.0.3", false)]
    [InlineData("alice*", "10.64.0.3", false)]
    public void An_operator_finds_an_SA_by_identity_and_address(string? identity, string? address, bool found) =>
        Assert.Equal(found, new SaFilter(identity, address).Holds(State()));

    [Fact]
    public async Task Refused_children_say_what_was_asked_and_fill_no_log()
    {
        await AuditOf(events =>
        {
            for (int i = 0; i < 1000; i++)
            {
                events.Happened(new SaEvent.ChildRefused(State(), "InternalAddressFailure", "pool rw4 is full"));
            }
        });

        Assert.InRange(_log.Lines.Count, 60, 70);
        Assert.Matches("^IKE SA 0000000000000001: Child SA refused to peer #[0-9a-f]+: INTERNAL_ADDRESS_FAILURE, pool rw4 is full$", _log.Lines[0]);
    }

    [Fact]
    public async Task A_rekey_that_the_peer_refuses_is_a_warning_an_audit_line_and_a_count()
    {
        string line = Assert.Single(await AuditOf(events => events.Happened(Refused("net", NotifyType.NoProposalChosen, LoginAt + TimeSpan.FromDays(1)))));

        Assert.Equal(("rekey_refused", "net", "NO_PROPOSAL_CHOSEN"), (Key(line, "event"), Key(line, "child"), Key(line, "cause")));
        Assert.Matches(
            "^IKE SA 0000000000000001: peer #[0-9a-f]+ refuses to rekey its Child SA net: NO_PROPOSAL_CHOSEN; "
            + @"tried again in [12]?\d s, over at 2001-09-10 01:46:40 UTC$",
            Assert.Single(_log.Lines));
        Assert.Contains("ike_refused_by_peer_total{request=\"rekey_child\"} 1", Page(), StringComparison.Ordinal);
        Assert.Contains("ike_refused_by_peer_total{request=\"rekey_ike\"} 0", Page(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ChildEndCause.Expired, "expired")]
    [InlineData(ChildEndCause.PeerDelete, "peer_delete")]
    [InlineData(ChildEndCause.OperatorDelete, "operator_delete")]
    [InlineData(ChildEndCause.Rekeyed, "rekeyed")]
    public async Task A_child_that_goes_says_why(ChildEndCause cause, string told)
    {
        await AuditOf(events => events.Happened(new SaEvent.ChildRemoved(State(), Child(), cause)));
        Assert.EndsWith($" removed: {told}", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    // Strangers bring these on; the log is not theirs to fill.
    [Fact]
    public async Task Refused_strangers_have_few_lines_a_minute_and_the_rest_is_counted()
    {
        await AuditOf(events =>
        {
            for (int i = 0; i < 1000; i++)
            {
                events.Happened(new SaEvent.InitRefused(Way(), NotifyType.NoProposalChosen, "no connection serves these addresses"));
            }
        });

        Assert.InRange(_log.Lines.Count, 60, 70);
        Assert.StartsWith(
            "IKE_SA_INIT of 192.0.2.2:4500 to 192.0.2.1:4500 refused with NO_PROPOSAL_CHOSEN: no connection serves these addresses", _log.Lines[0],
            StringComparison.Ordinal);
        Assert.DoesNotContain("left out", _log.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_asks_too_much_fills_no_log_either()
    {
        await AuditOf(events =>
        {
            for (int i = 0; i < 1000; i++)
            {
                events.Happened(new SaEvent.LimitReached(State(), "rekeys_per_minute"));
            }
        });

        Assert.InRange(_log.Lines.Count, 60, 70);
        Assert.Contains("ike_limited_total{limit=\"rekeys_per_minute\"} 1000", Page(), StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_file);

    private async Task<string[]> AuditOf(Action<NodeEvents> happen, IdentityStyle style = IdentityStyle.Hash, AuditTarget to = AuditTarget.File)
    {
        await using (AuditLog audit = AuditLog.Open(new AuditSettings(to, _file), _log))
        {
            happen(new NodeEvents(
                "node-1", _log, new IdentityMask(style, new byte[32]), audit, _metrics, new StoreHealth(_log, TimeProvider.System), TimeProvider.System));
        }

        return await File.ReadAllLinesAsync(_file);
    }

    private string Page() => _metrics.Write(new MetricsReading(0, 0, 0, 0, 0, [], [], []));

    private static string? Key(string line, string key) => JsonDocument.Parse(line).RootElement.GetProperty(key).GetString();

    private static SaEvent.PeerRefused Refused(string child, NotifyType why, Instant endsAt) => new(
        State(), child.Length == 0 ? OwnRequestKind.RekeyIke : OwnRequestKind.RekeyChild, child, why,
        Instant.FromUtc(DateTime.UtcNow) + TimeSpan.FromSeconds(20), endsAt);

    private static IkeSaState State() => new()
    {
        LocalSpi = new IkeSpi(1),
        PeerSpi = new IkeSpi(2),
        Phase = SaPhase.Established,
        Path = Way(),
        HeardAt = LoginAt,
        Window = RequestWindow.Fresh,
        Own = OwnRequests.None,
        Children = [],
        Facts = new SaFacts
        {
            Connection = "roadwarrior",
            LocalId = Id("vpn.example.org"),
            RemoteId = Id("alice@example.org"),
            Proposal = Suite(),
            IsInitiator = false,
            EstablishedAt = LoginAt,
            RekeyAt = LoginAt + TimeSpan.FromHours(4),
            VirtualIps = [new LeasedAddress("rw4", Address("10.64.0.2")), new LeasedAddress("rw6", Address("fd00:64::2"))],
            LoginAddress = IpAddress.V4(0xc0000201),
            AuthMethod = "psk",
            Features = PeerFeatures.None,
        },
    };

    private static ChildSa Child()
    {
        using NodeWorld world = new();
        return world.Node.Sa.Children[0];
    }

    private static DatagramPath Way() =>
        new(new UdpEndpoint(Address("192.0.2.2"), 4500), new UdpEndpoint(Address("192.0.2.1"), 4500), NonEspMarker: true);

    private static Proposal Suite() => ProposalText.TryParse("aes256gcm16-prfsha384-x25519", SecurityProtocol.Ike, out Proposal? proposal, out _)
        ? proposal!
        : throw new InvalidOperationException();

    private static Identity Id(string text) => Identity.TryParse(text, out Identity? id, out _) ? id! : Identity.Any;

    private static IpAddress Address(string text) => IpAddress.TryParse(text, out IpAddress address) ? address : default;
}
