using IkeCluster.Crypto;
using IkeCluster.EndToEnd.Harness;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Proposals;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.EndToEnd.Dialer;

/// <summary>
/// The test kit's initiator with charon as responder: what it takes from our own node, a stranger has found sound too.
/// </summary>
public sealed class DialerAgainstCharonTests
{
    private static InitiatorSettings Alice => DialerAgreement.Alice;

    [Fact]
    public async Task A_login_lives_through_every_exchange_and_ends_on_both_sides()
    {
        await using CharonWorld world = await CharonWorld.StartAsync();
        using var dialer = new SocketInitiator(world.Lab, Alice with { EspProposals = [DialerAgreement.Proposal("aes256gcm16-x25519", SecurityProtocol.Esp)] });
        NegotiatedSa sa = (await dialer.UntilAsync<InitiatorEvent.Established>((one, now) => one.Start(now))).Sa;
        Assert.Equal("psk", sa.RemoteAuth);
        Assert.Equal(["10.64.0.1", "fd00:64::1"], sa.VirtualIps.Select(address => $"{address}"));
        Assert.Equal(["10.64.0.1", "fd00:64::53"], sa.DnsServers.Select(address => $"{address}"));
        await DialerAgreement.AssertAsync(world, dialer);

        await dialer.UntilAsync<InitiatorEvent.LivenessAnswered>((one, now) => one.CheckLiveness(now));
        await dialer.UntilAsync<InitiatorEvent.ChildRekeyed>((one, now) => one.RekeyChild(one.Children[0], now));
        await dialer.SettleAsync();
        await DialerAgreement.AssertAsync(world, dialer);

        await dialer.UntilAsync<InitiatorEvent.ChildRekeyed>(
            (one, now) => one.RekeyChild(one.Children[0], now, KeyExchangeMethod.Curve25519));
        await dialer.SettleAsync();
        await DialerAgreement.AssertAsync(world, dialer);

        await dialer.UntilAsync<InitiatorEvent.IkeRekeyed>((one, now) => one.RekeyIke(now));
        await dialer.SettleAsync();
        await DialerAgreement.AssertAsync(world, dialer);

        await dialer.UntilAsync<InitiatorEvent.ChildEstablished>((one, now) => one.CreateChild(now, KeyExchangeMethod.Curve25519));
        await DialerAgreement.AssertAsync(world, dialer);
        await dialer.UntilAsync<InitiatorEvent.ChildDeleted>((one, now) => one.DeleteChild(one.Children[0], now));
        await DialerAgreement.AssertAsync(world, dialer);

        await dialer.UntilAsync<InitiatorEvent.Closed>((one, now) => one.DeleteIke(now));
        Assert.Empty(await world.Server.ListSasAsync());
    }

    [Theory]
    [InlineData("aes128-sha256-modp2048", "aes128-sha256")]
    [InlineData("aes256ctr-sha512-ecp384", "aes256ctr-sha384")]
    [InlineData("aes192ccm16-prfsha512-ecp521", "aes128ccm16")]
    [InlineData("chacha20poly1305-prfsha256-curve25519", "chacha20poly1305")]
    [InlineData("aes128-aesxcbc-prfaesxcbc-modp3072", "aes128-aesxcbc")]
    [InlineData("aes256-sha384-prfaescmac-ecp256bp", "aes192gcm16")]
    [InlineData("aes128gcm8-prfsha1-x448", "aes256-sha512")]
    public async Task Every_kind_of_suite_has_keys_that_agree(string ike, string esp)
    {
        await using CharonWorld world = await CharonWorld.StartAsync(proposals: ike, esp: esp);
        using var dialer = new SocketInitiator(world.Lab, Alice with
        {
            IkeProposals = [DialerAgreement.Proposal(ike, SecurityProtocol.Ike)],
            EspProposals = [DialerAgreement.Proposal(esp, SecurityProtocol.Esp)],
        });
        await dialer.UntilAsync<InitiatorEvent.ChildEstablished>((one, now) => one.Start(now));
        await DialerAgreement.AssertAsync(world, dialer);
        await dialer.UntilAsync<InitiatorEvent.IkeRekeyed>((one, now) => one.RekeyIke(now));
        await dialer.SettleAsync();
        await dialer.UntilAsync<InitiatorEvent.LivenessAnswered>((one, now) => one.CheckLiveness(now));
    }

    [Theory]
    [InlineData("rsa-2048")]
    [InlineData("ecdsa-256")]
    [InlineData("ecdsa-521")]
    [InlineData("ed25519")]
    [InlineData("ed448")]
    public async Task Certificates_of_every_kind_prove_both_sides(string key)
    {
        await using CharonWorld world = await CharonWorld.StartAsync(key: key);
        using var dialer = new SocketInitiator(world.Lab, Alice with
        {
            LocalId = DialerAgreement.Id("alice.example.org"),
            Proof = world.ClientProof,
            Anchors = world.Anchors,
        });
        NegotiatedSa sa = (await dialer.UntilAsync<InitiatorEvent.Established>((one, now) => one.Start(now))).Sa;
        Assert.NotEqual("psk", sa.RemoteAuth);
        await DialerAgreement.AssertAsync(world, dialer);
    }

    [Fact]
    public async Task Long_messages_go_in_fragments_both_ways()
    {
        await using CharonWorld world = await CharonWorld.StartAsync(key: "rsa-2048", settings: "fragment_size = 600");
        using var dialer = new SocketInitiator(world.Lab, Alice with
        {
            LocalId = DialerAgreement.Id("alice.example.org"),
            Proof = world.ClientProof,
            Anchors = world.Anchors,
            FragmentOctets = 500,
        });
        await dialer.UntilAsync<InitiatorEvent.Established>((one, now) => one.Start(now));
        Assert.True(dialer.DatagramsSent > 3);
        Assert.Contains("splitting IKE message", world.Server.Log, StringComparison.Ordinal);
        Assert.Contains("reassembled fragmented IKE message", world.Server.Log, StringComparison.Ordinal);
        await DialerAgreement.AssertAsync(world, dialer);
    }

    [Fact]
    public async Task A_wrong_first_guess_and_a_nat_are_got_over()
    {
        await using CharonWorld world = await CharonWorld.StartAsync();
        using var dialer = new SocketInitiator(world.Lab, Alice with
        {
            IkeProposals = [DialerAgreement.Proposal("aes256gcm16-prfsha384-modp2048-x25519", SecurityProtocol.Ike)],
            ForcesEncapsulation = true,
        });
        await dialer.UntilAsync<InitiatorEvent.ChildEstablished>((one, now) => one.Start(now));
        Assert.Equal(3, dialer.DatagramsSent);
        CharonSa sa = Assert.Single(await world.Server.ListSasAsync());
        Assert.Equal(4500, sa.LocalPort);
        Assert.True(sa.Children[0].IsUdpEncapsulated);
    }

    [Fact]
    public async Task A_cookie_is_sent_back()
    {
        await using CharonWorld world = await CharonWorld.StartAsync(settings: "cookie_threshold = 1");
        using var abandoned = new SocketInitiator(world.Lab, Alice);
        await abandoned.DoAsync((one, now) => one.Start(now));
        await Wait.UntilAsync("a half-open SA", () => world.Server.Log.Contains("sending packet", StringComparison.Ordinal), () => world.Server.Log);
        using var dialer = new SocketInitiator(world.Lab, Alice);
        await dialer.UntilAsync<InitiatorEvent.ChildEstablished>((one, now) => one.Start(now));
        Assert.Equal(3, dialer.DatagramsSent);
        Assert.Contains("N(COOKIE)", world.Server.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_responder_asks_is_answered()
    {
        await using CharonWorld world = await CharonWorld.StartAsync(connection: "dpd_delay = 1s");
        using var dialer = new SocketInitiator(world.Lab, Alice);
        await dialer.UntilAsync<InitiatorEvent.ChildEstablished>((one, now) => one.Start(now));
        await dialer.HearAsync<InitiatorEvent.PeerAsked>();
        await dialer.HearAsync<InitiatorEvent.PeerAsked>();

        Task<CommandResult> child = world.Server.TerminateChildAsync("net");
        Assert.True((await dialer.HearAsync<InitiatorEvent.ChildDeleted>()).ByPeer);
        (await child).OrThrow();
        Task<CommandResult> ike = world.Server.TerminateIkeAsync("gateway");
        Assert.True((await dialer.HearAsync<InitiatorEvent.Closed>()).ByPeer);
        (await ike).OrThrow();
    }

    [Fact]
    public async Task A_wrong_secret_is_refused()
    {
        await using CharonWorld world = await CharonWorld.StartAsync();
        using var dialer = new SocketInitiator(world.Lab, Alice with
        {
            Proof = new InitiatorProof.SharedKey(SecretBytes.CopyOf("wrong"u8)),
        });
        InitiatorEvent.Failed failed = await dialer.UntilAsync<InitiatorEvent.Failed>((one, now) => one.Start(now));
        Assert.Equal(NotifyType.AuthenticationFailed, failed.Refusal);
    }
}
