using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;
using static IkeCluster.Tests.Engine.Policies;

namespace IkeCluster.Tests.TestKit;

/// <summary>The initiator of the test kit and the engine, which share no code above Protocol and Crypto, agree.</summary>
public sealed class IkeInitiatorTests : IDisposable
{
    private readonly EngineWorld _world = new(EngineWorld.Psk("rw", "aes256gcm16-prfsha384-x25519", "aes128-sha256-x25519-modp2048") with
    {
        Children = [EngineWorld.Child("net") with { EspProposals = [Esp("aes256gcm16-x25519"), Esp("aes256gcm16"), Esp("aes128-sha256")] }],
    });

    private static InitiatorSettings Alice { get; } = EngineWorld.Alice() with
    {
        IkeProposals = [Ike("aes256gcm16-prfsha384-x25519-modp2048")],
        EspProposals = [Esp("aes256gcm16-x25519")],
    };

    public void Dispose() => _world.Dispose();

    [Fact]
    public void A_login_by_pre_shared_key_makes_an_sa_a_child_and_addresses()
    {
        using IkeInitiator initiator = _world.Client(Alice);
        NegotiatedSa sa = Assert.Single(_world.Login(initiator).OfType<InitiatorEvent.Established>()).Sa;
        Assert.Equal("AES_GCM_16-256/PRF_HMAC_SHA2_384/CURVE_25519", ProposalText.Write(sa.Proposal));
        Assert.Equal((Id("vpn.example.org"), "psk"), (sa.RemoteId, sa.RemoteAuth));
        Assert.Equal(_world.Sa.Facts!.VirtualIps.Select(leased => leased.Address), sa.VirtualIps);
        Assert.Equal([Address("10.64.0.1")], sa.DnsServers);
        Assert.Equal(sa.VirtualIps.Select(TrafficSelector.Host), Assert.Single(initiator.Children).LocalTs);
        AssertSameKeys(initiator);
    }

    [Theory]
    [InlineData("aes128-sha256-modp2048", "aes128-sha256")]
    [InlineData("aes128-sha256-x25519", "aes256gcm16")]
    public void Other_suites_work_too(string ike, string esp)
    {
        using IkeInitiator initiator = _world.Client(Alice with { IkeProposals = [Ike(ike)], EspProposals = [Esp(esp)] });
        _world.Login(initiator);
        Assert.Single(initiator.Children);
        AssertSameKeys(initiator);
    }

    [Fact]
    public void A_wrong_first_guess_costs_one_more_round_trip()
    {
        using IkeInitiator initiator = _world.Client(Alice with { FirstGuess = KeyExchangeMethod.Modp2048 });
        _world.Login(initiator);
        Assert.NotNull(initiator.Sa);
        Assert.Equal(3, _world.Received.Count);
    }

    [Fact]
    public void A_wrong_secret_is_refused_and_the_cause_stays_off_the_wire()
    {
        var wrong = new InitiatorProof.SharedKey(SecretBytes.CopyOf("wrong"u8));
        using IkeInitiator initiator = _world.Client(Alice with { Proof = wrong });
        ImmutableArray<InitiatorEvent> learned = _world.Login(initiator);
        Assert.Equal(NotifyType.AuthenticationFailed, Assert.Single(learned.OfType<InitiatorEvent.Failed>()).Refusal);
        Assert.Empty(_world.Sas);
    }

    [Fact]
    public void An_unexpected_responder_is_not_trusted()
    {
        ConnectionPolicy evil = EngineWorld.Psk() with { Local = EngineWorld.Psk().Local with { Id = Id("evil.example.org") } };
        using var elsewhere = new EngineWorld(evil);
        using IkeInitiator trusting = elsewhere.Client(Alice with { RemoteId = null });
        elsewhere.Login(trusting);
        Assert.Equal(Id("evil.example.org"), trusting.Sa!.RemoteId);

        using IkeInitiator careful = elsewhere.Client(Alice);
        elsewhere.Login(careful);
        Assert.Null(careful.Sa);
    }

    [Fact]
    public void Without_a_common_proposal_there_is_nothing()
    {
        using IkeInitiator initiator = _world.Client(Alice with { IkeProposals = [Ike("aes256-sha512-ecp384")] });
        ImmutableArray<InitiatorEvent> learned = _world.Login(initiator);
        Assert.Equal(NotifyType.NoProposalChosen, Assert.Single(learned.OfType<InitiatorEvent.Failed>()).Refusal);
        Assert.Empty(_world.Sas);
    }

    [Fact]
    public void A_child_that_is_refused_leaves_the_ike_sa_standing()
    {
        using IkeInitiator initiator = _world.Client(Alice with { EspProposals = [Esp("aes192-sha512")] });
        ImmutableArray<InitiatorEvent> learned = _world.Login(initiator);
        Assert.NotNull(initiator.Sa);
        Assert.Empty(initiator.Children);
        Assert.Equal(NotifyType.NoProposalChosen, Assert.Single(learned.OfType<InitiatorEvent.ChildRefused>()).Refusal);
        Assert.Single(_world.Sas);
    }

    [Fact]
    public void Behind_a_nat_the_login_goes_on_at_the_nat_t_port()
    {
        using IkeInitiator initiator = _world.Client(Alice with { ForcesEncapsulation = true });
        _world.Login(initiator);
        Assert.Equal((ushort)4500, initiator.Path.Remote.Port);
        Assert.True(initiator.Path.NonEspMarker);
        Assert.True(initiator.Sa!.LocalBehindNat);
        Assert.True(Assert.Single(_world.Sas.Values).Path.NonEspMarker);
    }

    [Fact]
    public void Long_messages_go_in_fragments_both_ways()
    {
        using IkeInitiator initiator = _world.Client(Alice with { FragmentOctets = 200 });
        _world.Login(initiator);
        Assert.NotNull(initiator.Sa);
        Assert.True(_world.Received.Count > 2);
        Assert.All(_world.Received.Skip(1), datagram => Assert.InRange(datagram.Length, 1, 200));
    }

    [Theory]
    [InlineData(KeyExchangeMethod.None)]
    [InlineData(KeyExchangeMethod.Curve25519)]
    public void A_second_child_and_its_rekey_have_keys_that_agree(KeyExchangeMethod pfs)
    {
        using IkeInitiator initiator = _world.Client(Alice);
        _world.Login(initiator);
        _world.Talk(initiator, initiator.CreateChild(_world.Clock.Now, pfs));
        Assert.Equal(2, initiator.Children.Count);
        AssertSameKeys(initiator);

        InitiatorChild old = initiator.Children[0];
        ImmutableArray<InitiatorEvent> learned = _world.Talk(initiator, initiator.RekeyChild(old, _world.Clock.Now, pfs));
        Assert.IsType<InitiatorEvent.ChildRekeyed>(learned[0]);
        Assert.Equal(2, initiator.Children.Count);
        Assert.DoesNotContain(old, initiator.Children);
        AssertSameKeys(initiator);
    }

    [Fact]
    public void An_ike_rekey_moves_the_children_to_keys_that_agree()
    {
        using IkeInitiator initiator = _world.Client(Alice);
        _world.Login(initiator);
        IkeSpi before = initiator.Sa!.ResponderSpi;
        Assert.Single(_world.Talk(initiator, initiator.RekeyIke(_world.Clock.Now)).OfType<InitiatorEvent.IkeRekeyed>());
        Assert.NotEqual(before, initiator.Sa.ResponderSpi);
        Assert.Equal([initiator.Sa.ResponderSpi], _world.Sas.Keys);
        _world.Talk(initiator, initiator.CheckLiveness(_world.Clock.Now));
        _world.Talk(initiator, initiator.CreateChild(_world.Clock.Now));
        Assert.Equal(2, initiator.Children.Count);
        AssertSameKeys(initiator);
    }

    [Fact]
    public void Liveness_is_answered()
    {
        using IkeInitiator initiator = _world.Client(Alice);
        _world.Login(initiator);
        Assert.IsType<InitiatorEvent.LivenessAnswered>(Assert.Single(_world.Talk(initiator, initiator.CheckLiveness(_world.Clock.Now))));
    }

    [Fact]
    public void Deletes_of_a_child_and_of_the_ike_sa_are_answered()
    {
        using IkeInitiator initiator = _world.Client(Alice);
        _world.Login(initiator);
        _world.Talk(initiator, initiator.DeleteChild(initiator.Children[0], _world.Clock.Now));
        Assert.Empty(initiator.Children);
        Assert.Empty(Assert.Single(_world.Sas.Values).Children);
        Assert.False(Assert.Single(_world.Talk(initiator, initiator.DeleteIke(_world.Clock.Now)).OfType<InitiatorEvent.Closed>()).ByPeer);
        Assert.Empty(_world.Sas);
    }

    [Fact]
    public void A_delete_by_the_responder_is_answered()
    {
        using IkeInitiator initiator = _world.Client(Alice);
        _world.Login(initiator);
        int before = _world.Sent.Count;
        _world.Turn(_world.Sa, new IkeCluster.Engine.IkeInput.Terminate());
        InitiatorStep answered = initiator.Receive(Assert.Single(_world.Sent[before..]), _world.Clock.Now);
        Assert.True(answered.Single<InitiatorEvent.Closed>().ByPeer);
        _world.Talk(initiator, answered);
        Assert.Empty(_world.Sas);
    }

    [Fact]
    public void A_lost_request_is_sent_again_and_its_repeat_gets_the_same_answer()
    {
        using IkeInitiator initiator = _world.Client(Alice);
        _world.Login(initiator);
        OutgoingMessage lost = Assert.Single(initiator.CheckLiveness(_world.Clock.Now).Send);
        _world.Clock.AdvanceTo(initiator.WakeAt);
        InitiatorStep again = initiator.Tick(_world.Clock.Now);
        Assert.Equal(lost.Message, Assert.Single(again.Send).Message);

        Assert.Single(_world.Talk(initiator, again).OfType<InitiatorEvent.LivenessAnswered>());
        _world.Talk(initiator, again);
        Assert.Equal(_world.Sent[^2], _world.Sent[^1]);
        Assert.Empty(_world.Drops);
    }

    [Fact]
    public void An_initiator_that_hears_nothing_gives_up()
    {
        using IkeInitiator initiator = _world.Client(Alice);
        initiator.Start(_world.Clock.Now);
        List<InitiatorEvent> learned = [];
        for (int i = 0; i < 10 && initiator.WakeAt != Instant.Never; i++)
        {
            _world.Clock.AdvanceTo(initiator.WakeAt);
            learned.AddRange(initiator.Tick(_world.Clock.Now).Events);
        }

        Assert.Equal(new InitiatorEvent.Failed("the responder does not answer"), Assert.Single(learned));
    }

    [Fact]
    public void The_same_seed_gives_the_same_octets()
    {
        using var again = new EngineWorld(EngineWorld.Psk());
        using var once = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator first = once.Client(Alice, seed: 5);
        using IkeInitiator second = again.Client(Alice, seed: 5);
        once.Login(first);
        again.Login(second);
        Assert.Equal(once.Received, again.Received);
        Assert.Equal(once.Sent, again.Sent);
    }

    /// <summary>Both sides hold the same children with the same keys, and nothing else.</summary>
    private void AssertSameKeys(IkeInitiator initiator)
    {
        IkeCluster.Engine.IkeSaState state = Assert.Single(_world.Sas.Values);
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
