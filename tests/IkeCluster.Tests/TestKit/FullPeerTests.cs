using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.TestKit;

/// <summary>The initiator as the one who is asked: all that a responder may begin on an established SA.</summary>
public sealed class FullPeerTests : IDisposable
{
    private PeersWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(KeyExchangeMethod.None, "aes256gcm16")]
    [InlineData(KeyExchangeMethod.Curve25519, "aes256gcm16-x25519")]
    [InlineData(KeyExchangeMethod.None, "aes128-sha256-noesn-esn")]
    public void A_child_rekey_is_answered_and_its_delete_taken(KeyExchangeMethod pfs, string esp)
    {
        With(PeersWorld.Alice with { EspProposals = [Policies.Esp(esp)] });
        _world.ByOther(other => other.RekeyChild(_world.Second, _world.Clock.Now, pfs));
        _world.Settle();
        InitiatorEvent.ChildRekeyed rekeyed = Assert.Single(_world.DialerLearned.OfType<InitiatorEvent.ChildRekeyed>());
        Assert.Equal((_world.First, true, false), (rekeyed.Old, rekeyed.ByPeer, rekeyed.New.IsInitiator));
        Assert.Equal([rekeyed.New], _world.Dialer.Children);
        Assert.Equal(_world.First.LocalTs.AsEnumerable(), rekeyed.New.LocalTs);
        Assert.Equal(_world.First.RemoteTs.AsEnumerable(), rekeyed.New.RemoteTs);
        _world.AssertAgreed();
    }

    [Fact]
    public void A_new_child_is_made_in_transport_mode_where_both_want_it()
    {
        With(PeersWorld.Alice with { TransportMode = true });
        _world.ByOther(other => other.CreateChild(_world.Clock.Now));
        _world.Settle();
        Assert.Equal(2, _world.Dialer.Children.Count);
        Assert.True(_world.Dialer.Children[1].IsTransport && _world.Other.Children[1].IsTransport);
        _world.AssertAgreed();
    }

    [Fact]
    public void An_ike_rekey_turns_the_roles_round_and_the_children_move()
    {
        IkeSpi before = _world.Dialer.Sa!.LocalSpi;
        _world.ByOther(other => other.RekeyIke(_world.Clock.Now));
        _world.Settle();
        Assert.False(_world.Dialer.Sa!.IsInitiator);
        Assert.True(_world.Other.Sa!.IsInitiator);
        Assert.NotEqual(before, _world.Dialer.Sa.LocalSpi);
        Assert.Equal([_world.First], _world.Dialer.Children);
        Assert.Single(_world.Dialer.AllSas);

        // And from the new one on, both ways, with children under its keys.
        _world.ByDialer(dialer => dialer.CreateChild(_world.Clock.Now));
        _world.Settle();
        _world.ByOther(other => other.RekeyChild(_world.Second, _world.Clock.Now));
        _world.Settle();
        _world.ByDialer(dialer => dialer.RekeyIke(_world.Clock.Now));
        _world.Settle();
        Assert.True(_world.Dialer.Sa.IsInitiator);
        _world.AssertAgreed();
    }

    [Fact]
    public void A_wrong_group_is_corrected_and_a_foreign_one_refused()
    {
        With(PeersWorld.Alice with { IkeProposals = [Policies.Ike("aes256gcm16-prfsha384-x25519-ecp256")], FirstGuess = KeyExchangeMethod.Ecp256 });
        _world.ByOther(other => other.RekeyIke(_world.Clock.Now));
        _world.Settle();
        Assert.Equal(NotifyType.InvalidKePayload, Assert.Single(_world.DialerLearned.OfType<InitiatorEvent.PeerRefused>()).Refusal);
        Assert.Equal(KeyExchangeMethod.Curve25519, _world.Dialer.Sa!.Proposal.KeyExchange);
        _world.AssertAgreed();

        _world.ByOther(other => other.RekeyChild(_world.Second, _world.Clock.Now, KeyExchangeMethod.Curve25519));
        _world.Settle();
        Assert.Equal(NotifyType.NoProposalChosen, Assert.Single(_world.OtherLearned.OfType<InitiatorEvent.ChildRefused>()).Refusal);
        _world.AssertAgreed();
    }

    [Fact]
    public void A_rekey_of_a_child_that_is_not_there_is_answered_by_name()
    {
        _world.ByDialer(dialer => dialer.DeleteChild(_world.First, _world.Clock.Now));
        _world.Lose();
        _world.ByOther(other => other.RekeyChild(_world.Second, _world.Clock.Now));
        _world.DeliverToDialer();
        Assert.Equal(NotifyType.TemporaryFailure, Assert.Single(_world.DialerLearned.OfType<InitiatorEvent.PeerRefused>()).Refusal);
        _world.Settle();
        Assert.Empty(_world.Other.Children);

        With(PeersWorld.Alice);
        InitiatorChild ghost = _world.Second with { InboundSpi = new EspSpi(0xdeadbeef) };
        _world.ByOther(other => other.RekeyChild(ghost, _world.Clock.Now));
        _world.Settle();
        Assert.Equal(NotifyType.ChildSaNotFound, Assert.Single(_world.OtherLearned.OfType<InitiatorEvent.ChildRefused>()).Refusal);
    }

    [Fact]
    public void A_test_may_have_every_wish_refused()
    {
        _world.Dialer.Hooks.RefuseWith = NotifyType.NoAdditionalSas;
        _world.ByOther(other => other.CreateChild(_world.Clock.Now));
        _world.Settle();
        _world.ByOther(other => other.RekeyIke(_world.Clock.Now));
        _world.Settle();
        Assert.Equal(NotifyType.NoAdditionalSas, Assert.Single(_world.OtherLearned.OfType<InitiatorEvent.ChildRefused>()).Refusal);
        Assert.Equal(NotifyType.NoAdditionalSas, Assert.Single(_world.OtherLearned.OfType<InitiatorEvent.IkeRekeyRefused>()).Refusal);
        _world.AssertAgreed();
    }

    [Fact]
    public void A_lost_answer_is_given_again_octet_for_octet()
    {
        _world.ByOther(other => other.RekeyIke(_world.Clock.Now));
        _world.DeliverToDialer();
        _world.Lose();
        _world.Settle();
        Assert.Single(_world.DialerLearned.OfType<InitiatorEvent.IkeRekeyed>());
        Assert.Contains(_world.DialerLearned, learned => learned is InitiatorEvent.Ignored { Cause: var cause } && cause.StartsWith("a repeat", StringComparison.Ordinal));
        _world.AssertAgreed();
    }

    [Fact]
    public void Fragments_go_both_ways_at_once()
    {
        With(PeersWorld.Alice with { FragmentOctets = 140 });
        _world.ByOther(other => other.CreateChild(_world.Clock.Now));
        _world.ByDialer(dialer => dialer.CreateChild(_world.Clock.Now));
        Assert.True(_world.ToDialer > 1 && _world.ToOther > 1);

        // The first request is answered while the other side's is half there, so both directions reassemble at once.
        while (_world.ToDialer > 1)
        {
            _world.DeliverToDialer();
        }

        while (_world.ToOther > 0)
        {
            _world.DeliverToOther();
        }

        _world.Settle();
        Assert.Equal(3, _world.Dialer.Children.Count);
        Assert.DoesNotContain(_world.DialerLearned, learned => learned is InitiatorEvent.Ignored);
        _world.AssertAgreed();
    }

    [Fact]
    public void Only_the_first_fragment_of_a_repeat_is_answered()
    {
        With(PeersWorld.Alice with { FragmentOctets = 140 });
        _world.ByOther(other => other.CreateChild(_world.Clock.Now));
        while (_world.ToDialer > 0)
        {
            _world.DeliverToDialer();
        }

        (int fragments, _) = (_world.ToOther, _world.Clock.AdvanceTo(_world.Other.WakeAt));
        _world.Lose();
        _world.ByOther(other => other.Tick(_world.Clock.Now));
        _world.DeliverToDialer();
        Assert.Equal(fragments, _world.ToOther);
        while (_world.ToDialer > 0)
        {
            _world.DeliverToDialer();
        }

        Assert.Equal(fragments, _world.ToOther);
        _world.Settle();
        _world.AssertAgreed();
    }

    // RFC 7296 §2.8: the Delete may be lost as often as it is sent, and the responder then forgets the SA.
    [Fact]
    public void A_replaced_IKE_SA_whose_Delete_never_comes_is_given_up()
    {
        _world.ByOther(other => other.RekeyIke(_world.Clock.Now));
        _world.DeliverToDialer();
        _world.DeliverToOther();
        Instant replaced = _world.Clock.Now;
        IkeSpi current = _world.Dialer.Sa!.LocalSpi;
        while (_world.Other.IsBusy)
        {
            _world.Lose();
            _world.Clock.AdvanceTo(_world.Other.WakeAt);
            _world.ByOther(other => other.Tick(_world.Clock.Now));
            _world.ByDialer(dialer => dialer.Tick(_world.Clock.Now));
            Assert.Equal(2, _world.Dialer.AllSas.Count);
        }

        Assert.Equal(replaced + _world.Dialer.Settings.ReplacedLinger, _world.Dialer.WakeAt);
        _world.Clock.AdvanceTo(_world.Dialer.WakeAt);
        _world.ByDialer(dialer => dialer.Tick(_world.Clock.Now));
        Assert.Equal(current, Assert.Single(_world.Dialer.AllSas).LocalSpi);
        Assert.Equal(Instant.Never, _world.Dialer.WakeAt);
        _world.AssertAgreed();
    }

    [Fact]
    public void A_message_can_be_altered_before_it_is_sealed()
    {
        _world.Dialer.Hooks.Alter = (exchange, isResponse, payloads) => exchange == ExchangeType.CreateChildSa && isResponse
            ? PayloadChain.Of((ref PayloadWriter writer) => writer.Notify(NotifyType.InternalAddressFailure))
            : payloads;
        _world.ByOther(other => other.CreateChild(_world.Clock.Now));
        _world.Settle();
        Assert.Equal(NotifyType.InternalAddressFailure, Assert.Single(_world.OtherLearned.OfType<InitiatorEvent.ChildRefused>()).Refusal);
    }

    private void With(InitiatorSettings settings)
    {
        _world.Dispose();
        _world = new PeersWorld(settings);
    }
}
