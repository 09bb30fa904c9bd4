using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;
using static IkeCluster.Tests.Engine.Policies;

namespace IkeCluster.Tests.TestKit;

/// <summary>The initiator of the test kit and the engine, which share no code above Protocol and Crypto, agree.</summary>
public sealed class IkeInitiatorTests : IDisposable
{
    private static readonly DatagramPath Path = new(
        new UdpEndpoint(Address("192.0.2.1"), 500), new UdpEndpoint(Address("198.51.100.7"), 500), NonEspMarker: false);

    private readonly ManualClock _clock = new();
    private readonly SeededEntropy _entropy = new(7);
    private readonly List<IDisposable> _owned = [];

    private static InitiatorSettings Alice { get; } = new()
    {
        LocalId = Id("alice@example.org"),
        RemoteId = Id("vpn.example.org"),
        Proof = new InitiatorProof.SharedKey(SecretBytes.CopyOf(Encoding.UTF8.GetBytes(Secret))),
        IkeProposals = [Ike("aes256gcm16-prfsha384-x25519-modp2048")],
        EspProposals = [Esp("aes256gcm16-x25519")],
        WantsIpv4 = true,
    };

    public void Dispose() => _owned.ForEach(one => one.Dispose());

    [Fact]
    public void A_login_by_pre_shared_key_makes_an_sa_a_child_and_an_address()
    {
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) = Meet(Alice);
        wire.Run(initiator.Start(_clock.Now));

        NegotiatedSa sa = Assert.Single(wire.Learned.OfType<InitiatorEvent.Established>()).Sa;
        Assert.Equal("AES_GCM_16-256/PRF_HMAC_SHA2_384/CURVE_25519", ProposalText.Write(sa.Proposal));
        Assert.Equal((Id("vpn.example.org"), "psk"), (sa.RemoteId, sa.RemoteAuth));
        Assert.Equal([Address("10.64.0.1")], sa.VirtualIps);
        Assert.Equal([Address("10.64.0.53")], sa.DnsServers);
        InitiatorChild child = Assert.Single(initiator.Children);
        Assert.Equal([TrafficSelector.Host(Address("10.64.0.1"))], child.LocalTs);
        AssertSameKeys(responder, initiator);
    }

    [Fact]
    public void A_client_of_both_families_gets_both()
    {
        (IkeInitiator initiator, _, InProcessWire wire) = Meet(Alice with { WantsIpv6 = true });
        wire.Run(initiator.Start(_clock.Now));
        Assert.Equal([Address("10.64.0.1"), Address("fd00:64::1")], initiator.Sa!.VirtualIps);
        Assert.Equal([Address("10.64.0.53"), Address("fd00:64::53")], initiator.Sa.DnsServers);
    }

    [Theory]
    [InlineData("aes128-sha256-modp2048", "aes128-sha256")]
    [InlineData("aes128-sha256-x25519", "aes256gcm16")]
    public void Other_suites_work_too(string ike, string esp)
    {
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) =
            Meet(Alice with { IkeProposals = [Ike(ike)], EspProposals = [Esp(esp)] });
        wire.Run(initiator.Start(_clock.Now));
        Assert.Single(initiator.Children);
        AssertSameKeys(responder, initiator);
    }

    [Fact]
    public void A_wrong_first_guess_costs_one_more_round_trip()
    {
        (IkeInitiator initiator, _, InProcessWire wire) = Meet(Alice with { FirstGuess = KeyExchangeMethod.Modp2048 });
        wire.Run(initiator.Start(_clock.Now));
        Assert.NotNull(initiator.Sa);
        Assert.Equal(3, wire.FromInitiator.Count);
    }

    [Fact]
    public void A_wrong_secret_is_refused_and_the_cause_stays_off_the_wire()
    {
        var wrong = new InitiatorProof.SharedKey(SecretBytes.CopyOf("wrong"u8));
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) = Meet(Alice with { Proof = wrong });
        wire.Run(initiator.Start(_clock.Now));
        Assert.Equal(NotifyType.AuthenticationFailed, Assert.Single(wire.Learned.OfType<InitiatorEvent.Failed>()).Refusal);
        Assert.Empty(responder.States);
    }

    [Fact]
    public void An_unexpected_responder_is_not_trusted()
    {
        (IkeInitiator initiator, _, InProcessWire wire) = Meet(
            Alice with { RemoteId = null },
            RoadWarrior with { Local = RoadWarrior.Local with { Id = Id("evil.example.org") } });
        wire.Run(initiator.Start(_clock.Now));
        Assert.Equal(Id("evil.example.org"), initiator.Sa!.RemoteId);

        (IkeInitiator careful, _, InProcessWire second) = Meet(Alice with { RemoteId = Id("vpn.example.org") }, RoadWarrior with
        {
            Local = RoadWarrior.Local with { Id = Id("evil.example.org") },
        });
        second.Run(careful.Start(_clock.Now));
        Assert.Null(careful.Sa);
    }

    [Fact]
    public void Without_a_common_proposal_there_is_nothing()
    {
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) = Meet(Alice with { IkeProposals = [Ike("aes256-sha512-ecp384")] });
        wire.Run(initiator.Start(_clock.Now));
        Assert.Equal(NotifyType.NoProposalChosen, Assert.Single(wire.Learned.OfType<InitiatorEvent.Failed>()).Refusal);
        Assert.Empty(responder.States);
    }

    [Fact]
    public void A_child_that_is_refused_leaves_the_ike_sa_standing()
    {
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) = Meet(Alice with { EspProposals = [Esp("aes192-sha512")] });
        wire.Run(initiator.Start(_clock.Now));
        Assert.NotNull(initiator.Sa);
        Assert.Empty(initiator.Children);
        Assert.Equal(NotifyType.NoProposalChosen, Assert.Single(wire.Learned.OfType<InitiatorEvent.ChildRefused>()).Refusal);
        Assert.Single(responder.States);
    }

    [Fact]
    public void Behind_a_nat_the_login_goes_on_at_the_nat_t_port()
    {
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) = Meet(Alice with { ForcesEncapsulation = true });
        wire.Run(initiator.Start(_clock.Now));
        Assert.Equal((ushort)4500, initiator.Path.Remote.Port);
        Assert.True(initiator.Path.NonEspMarker);
        Assert.True(initiator.Sa!.LocalBehindNat);
        Assert.True(Assert.Single(responder.States.Values).Path.NonEspMarker);
    }

    [Fact]
    public void Long_messages_go_in_fragments_both_ways()
    {
        (IkeInitiator initiator, _, InProcessWire wire) = Meet(Alice with { FragmentOctets = 200 });
        wire.Run(initiator.Start(_clock.Now));
        Assert.NotNull(initiator.Sa);
        Assert.True(wire.FromInitiator.Count > 2);
        Assert.All(wire.FromInitiator.Skip(1), datagram => Assert.InRange(datagram.Length, 1, 200));
    }

    [Theory]
    [InlineData(KeyExchangeMethod.None)]
    [InlineData(KeyExchangeMethod.Curve25519)]
    public void A_second_child_and_its_rekey_have_keys_that_agree(KeyExchangeMethod pfs)
    {
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) = Meet(Alice);
        wire.Run(initiator.Start(_clock.Now));
        wire.Run(initiator.CreateChild(_clock.Now, pfs));
        Assert.Equal(2, initiator.Children.Count);
        AssertSameKeys(responder, initiator);

        InitiatorChild old = initiator.Children[0];
        List<InitiatorEvent> learned = wire.Run(initiator.RekeyChild(old, _clock.Now, pfs));
        Assert.IsType<InitiatorEvent.ChildRekeyed>(learned[0]);
        Assert.Equal(2, initiator.Children.Count);
        Assert.DoesNotContain(old, initiator.Children);
        AssertSameKeys(responder, initiator);
    }

    [Fact]
    public void An_ike_rekey_moves_the_children_to_keys_that_agree()
    {
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) = Meet(Alice);
        wire.Run(initiator.Start(_clock.Now));
        IkeSpi before = initiator.Sa!.ResponderSpi;
        wire.Run(initiator.RekeyIke(_clock.Now));
        Assert.Single(wire.Learned.OfType<InitiatorEvent.IkeRekeyed>());
        Assert.NotEqual(before, initiator.Sa.ResponderSpi);
        Assert.Equal([initiator.Sa.ResponderSpi], responder.States.Keys);
        wire.Run(initiator.CheckLiveness(_clock.Now));
        wire.Run(initiator.CreateChild(_clock.Now));
        Assert.Equal(2, initiator.Children.Count);
        AssertSameKeys(responder, initiator);
    }

    [Fact]
    public void Liveness_is_answered()
    {
        (IkeInitiator initiator, _, InProcessWire wire) = Meet(Alice);
        wire.Run(initiator.Start(_clock.Now));
        Assert.IsType<InitiatorEvent.LivenessAnswered>(Assert.Single(wire.Run(initiator.CheckLiveness(_clock.Now))));
    }

    [Fact]
    public void Deletes_of_a_child_and_of_the_ike_sa_are_answered()
    {
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) = Meet(Alice);
        wire.Run(initiator.Start(_clock.Now));
        wire.Run(initiator.DeleteChild(initiator.Children[0], _clock.Now));
        Assert.Empty(initiator.Children);
        Assert.Empty(Assert.Single(responder.States.Values).Children);
        Assert.False(Assert.Single(wire.Run(initiator.DeleteIke(_clock.Now)).OfType<InitiatorEvent.Closed>()).ByPeer);
        Assert.Empty(responder.States);
    }

    [Fact]
    public void A_delete_by_the_responder_is_answered()
    {
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) = Meet(Alice);
        wire.Run(initiator.Start(_clock.Now));
        responder.Give(initiator.Sa!.ResponderSpi, new IkeCluster.Engine.IkeInput.Terminate());
        List<InitiatorEvent> learned = wire.Run(default(InitiatorStep) with { Send = [], Events = [] });
        Assert.True(Assert.Single(learned.OfType<InitiatorEvent.Closed>()).ByPeer);
        Assert.Empty(responder.States);
    }

    [Fact]
    public void A_lost_request_is_sent_again_and_its_repeat_gets_the_same_answer()
    {
        (IkeInitiator initiator, EngineResponder responder, InProcessWire wire) = Meet(Alice);
        wire.Run(initiator.Start(_clock.Now));
        OutgoingMessage lost = Assert.Single(initiator.CheckLiveness(_clock.Now).Send);
        _clock.AdvanceTo(initiator.WakeAt);
        InitiatorStep again = initiator.Tick(_clock.Now);
        Assert.Equal(lost.Message, Assert.Single(again.Send).Message);

        wire.Run(again);
        Assert.Single(wire.Learned.OfType<InitiatorEvent.LivenessAnswered>());
        wire.Run(again);
        Assert.Equal(wire.FromResponder[^2], wire.FromResponder[^1]);
        Assert.Empty(responder.Drops);
    }

    [Fact]
    public void An_initiator_that_hears_nothing_gives_up()
    {
        (IkeInitiator initiator, _, _) = Meet(Alice);
        initiator.Start(_clock.Now);
        List<InitiatorEvent> learned = [];
        for (int i = 0; i < 10 && initiator.WakeAt != Instant.Never; i++)
        {
            _clock.AdvanceTo(initiator.WakeAt);
            learned.AddRange(initiator.Tick(_clock.Now).Events);
        }

        Assert.Equal(new InitiatorEvent.Failed("the responder does not answer"), Assert.Single(learned));
    }

    [Fact]
    public void The_same_seed_gives_the_same_octets()
    {
        (IkeInitiator first, _, InProcessWire one) = Meet(Alice, seed: 5);
        (IkeInitiator second, _, InProcessWire two) = Meet(Alice, seed: 5);
        one.Run(first.Start(_clock.Now));
        two.Run(second.Start(_clock.Now));
        Assert.Equal(one.FromInitiator, two.FromInitiator);
        Assert.Equal(one.FromResponder, two.FromResponder);
    }

    private (IkeInitiator Initiator, EngineResponder Responder, InProcessWire Wire) Meet(
        InitiatorSettings settings, ConnectionPolicy? connection = null, ulong? seed = null)
    {
        var responder = new EngineResponder(Of(connection ?? RoadWarrior), _clock);
        SeededEntropy entropy = seed is { } given ? new SeededEntropy(given) : _entropy;
        var initiator = new IkeInitiator(settings, entropy.FillPublic, Path);
        _owned.AddRange([initiator, responder]);
        return (initiator, responder, new InProcessWire(initiator, responder, () => _clock.Now));
    }

    /// <summary>Both sides hold the same children with the same keys, and nothing else.</summary>
    private static void AssertSameKeys(EngineResponder responder, IkeInitiator initiator)
    {
        IkeCluster.Engine.IkeSaState state = Assert.Single(responder.States.Values);
        var ours = initiator.Children.OrderBy(child => child.InboundSpi.Value).Select(child =>
            (child.InboundSpi, child.OutboundSpi, Hex(child.Keys))).ToList();
        var theirs = state.Children.OrderBy(child => child.OutboundSpi.Value).Select(child =>
            (child.OutboundSpi, child.InboundSpi, Hex(child.Keys))).ToList();
        Assert.Equal(ours, theirs);
    }

    private static string Hex(ChildKeys keys) => string.Join(
        '/',
        new[] { keys.EncryptionInitiator, keys.IntegrityInitiator, keys.EncryptionResponder, keys.IntegrityResponder }
            .Select(key => Convert.ToHexStringLower(key.Reveal())));
}
