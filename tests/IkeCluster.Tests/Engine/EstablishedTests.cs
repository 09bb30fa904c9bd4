using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Children;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Protection;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>What follows a login: liveness, Delete, CREATE_CHILD_SA, the message window (RFC 7296 §1.3, 1.4, 2.1 to 2.3).</summary>
public sealed class EstablishedTests : IDisposable
{
    private readonly EngineWorld _world = new(EngineWorld.Psk() with
    {
        Children = [EngineWorld.Child("net", "aes256gcm16-x25519")],
    });

    private readonly IkeInitiator _client;

    public EstablishedTests()
    {
        _client = _world.Client(EngineWorld.Alice());
        _world.Login(_client);
    }

    private Instant Now => _world.Clock.Now;

    public void Dispose()
    {
        _client.Dispose();
        _world.Dispose();
    }

    [Fact]
    public void Liveness_is_answered_without_a_write()
    {
        int writes = _world.Writes.Count;

        ImmutableArray<InitiatorEvent> learned = _world.Talk(_client, _client.CheckLiveness(Now));

        Assert.Contains(learned, one => one is InitiatorEvent.LivenessAnswered);
        Assert.Equal(writes, _world.Writes.Count);
    }

    [Fact]
    public void A_repeated_request_gets_the_same_octets_again_and_moves_nothing()
    {
        OutgoingMessage request = _client.CheckLiveness(Now).Send.Single();
        byte[] first = _world.Receive(request.Path, request.Message).Single();
        IkeSaState before = _world.Sa;
        DatagramPath elsewhere = request.Path with { Remote = new UdpEndpoint(IpAddress.V4(0xc0000299), 4501) };
        _world.Clock.Advance(TimeSpan.FromSeconds(4));

        byte[] again = _world.Receive(elsewhere, request.Message).Single();

        Assert.Equal(first, again);
        Assert.Equal((before.Path, before.HeardAt), (_world.Sa.Path, _world.Sa.HeardAt));
    }

    [Fact]
    public void A_message_outside_the_window_is_dropped()
    {
        OutgoingMessage old = _client.CheckLiveness(Now).Send.Single();
        _client.Receive(_world.Receive(old.Path, old.Message).Single(), Now);
        _world.Talk(_client, _client.CheckLiveness(Now));

        Assert.Empty(_world.Receive(old.Path, old.Message));
        Assert.Equal(DropReason.OldMessageId, _world.Drops[^1]);
    }

    [Theory]
    [InlineData(KeyExchangeMethod.None, false)]
    [InlineData(KeyExchangeMethod.Curve25519, true)]
    public void A_child_rekey_needs_the_group_that_the_policy_names(KeyExchangeMethod pfs, bool isMade)
    {
        InitiatorChild old = _client.Children.Single();

        ImmutableArray<InitiatorEvent> learned = _world.Talk(_client, _client.RekeyChild(old, Now, pfs));

        Assert.Equal(isMade, learned.Any(one => one is InitiatorEvent.ChildRekeyed));
        ChildSa ours = Assert.Single(_world.Sa.Children);
        Assert.Equal(isMade, ours.OutboundSpi != old.InboundSpi);
        Assert.True(ours.Keys.EncryptionResponder.FixedTimeEquals(_client.Children.Single().Keys.EncryptionResponder.Reveal()));
    }

    [Fact]
    public void A_rekey_of_the_ike_sa_moves_children_and_leases_in_one_commit()
    {
        IkeSaState old = _world.Sa;
        ImmutableArray<LeasedAddress> leases = old.Facts!.VirtualIps;
        int writes = _world.Writes.Count;

        ImmutableArray<InitiatorEvent> learned = _world.Talk(_client, _client.RekeyIke(Now));

        Assert.Contains(learned, one => one is InitiatorEvent.IkeRekeyed);
        Assert.NotEqual(old.LocalSpi, _world.Sa.LocalSpi);
        Assert.Equal(old.Children, _world.Sa.Children);
        Assert.Equal(leases, _world.Sa.Facts!.VirtualIps);
        Assert.Equal(
            [(SaWriteKind.Update, old.LocalSpi, (IkeSpi?)null), (SaWriteKind.Insert, _world.Sa.LocalSpi, old.LocalSpi), (SaWriteKind.Delete, old.LocalSpi, null)],
            _world.Writes[writes..].Select(write => (write.Kind, write.State.LocalSpi, write.MovesLeasesFrom)));
        Assert.Contains(_world.Talk(_client, _client.CheckLiveness(Now)), one => one is InitiatorEvent.LivenessAnswered);
        Assert.Single(_world.Sas);
    }

    [Fact]
    public void A_delete_of_the_child_leaves_the_ike_sa_and_a_delete_of_the_ike_sa_leaves_a_tombstone()
    {
        _world.Talk(_client, _client.DeleteChild(_client.Children.Single(), Now));
        Assert.Empty(_world.Sa.Children);

        _world.Talk(_client, _client.DeleteIke(Now));

        Assert.Empty(_world.Sas);
        Assert.Equal(SaWriteKind.Delete, _world.Writes[^1].Kind);
        Assert.Equal(EndCause.PeerDelete, _world.Events.OfType<SaEvent.Ended>().Single().Cause);
    }

    [Fact]
    public void An_operator_ends_an_sa_by_a_delete_that_is_written_first_and_repeated_octet_for_octet()
    {
        int writes = _world.Writes.Count;
        _world.Turn(_world.Sa, new IkeInput.Terminate());
        byte[] request = _world.Sent[^1];
        Assert.Equal(SaWriteKind.Update, _world.Writes[writes..].Single().Kind);

        IkeSaState deleting = _world.Sas.Values.Single();
        _world.Clock.AdvanceTo(deleting.Own.Pending!.RetransmitAt);
        _world.Turn(deleting, new IkeInput.TimerFired());
        Assert.Equal(request, _world.Sent[^1]);

        InitiatorStep answer = _client.Receive(request, Now);
        _world.Receive(answer.Send.Single().Path, answer.Send.Single().Message);
        Assert.Empty(_world.Sas);
        Assert.Equal(SaWriteKind.Delete, _world.Writes[^1].Kind);
    }

    [Fact]
    public void A_silent_peer_is_asked_and_then_given_up()
    {
        _world.Policy = Watching();
        IkeSpi spi = _world.Sa.LocalSpi;
        int sent = _world.Sent.Count;
        _world.Clock.Advance(TimeSpan.FromSeconds(31));
        while (_world.Sas.TryGetValue(spi, out IkeSaState? state))
        {
            _world.Turn(state, new IkeInput.TimerFired());
            if (_world.Sas.TryGetValue(spi, out IkeSaState? waiting))
            {
                _world.Clock.AdvanceTo(waiting.Own.Pending!.RetransmitAt);
            }
        }

        Assert.Equal(1 + new IkeTimes().RetransmitTries, _world.Sent.Count - sent);
        Assert.Single(_world.Sent[sent..].Select(Convert.ToHexString).Distinct());
        Assert.Equal(EndCause.NoAnswer, _world.Events.OfType<SaEvent.Ended>().Single().Cause);
    }

    [Fact]
    public void A_snapshot_that_is_behind_by_liveness_catches_up()
    {
        IkeSaState written = _world.Writes[^1].State;
        for (int i = 0; i < 3; i++)
        {
            _world.Talk(_client, _client.CheckLiveness(Now));
        }

        Recover(written);
        OutgoingMessage request = _client.CheckLiveness(Now).Send.Single();
        byte[] answer = _world.Receive(request.Path, request.Message).Single();
        Assert.Contains(_client.Receive(answer, Now).Events, one => one is InitiatorEvent.LivenessAnswered);
        Assert.True(_world.Sa.IsCatchingUp);

        _world.Talk(_client, _client.RekeyChild(_client.Children.Single(), Now, KeyExchangeMethod.Curve25519));
        Assert.False(_world.Sa.IsCatchingUp);
        Assert.Contains(_world.Talk(_client, _client.RekeyIke(Now)), one => one is InitiatorEvent.IkeRekeyed);
    }

    [Fact]
    public void In_catch_up_a_replay_from_elsewhere_moves_no_address_and_no_timer()
    {
        IkeSaState written = _world.Writes[^1].State with
        {
            Facts = _world.Writes[^1].State.Facts! with { Features = PeerFeatures.RemoteBehindNat },
        };
        OutgoingMessage liveness = _client.CheckLiveness(Now).Send.Single();
        _client.Receive(_world.Receive(liveness.Path, liveness.Message).Single(), Now);
        Recover(written);
        IkeSaState before = _world.Sa;
        _world.Clock.Advance(TimeSpan.FromSeconds(5));

        DatagramPath attacker = liveness.Path with { Remote = new UdpEndpoint(IpAddress.V4(0xcb007101), 4500) };
        _world.Receive(attacker, liveness.Message);

        Assert.Equal((before.Path, before.HeardAt), (_world.Sa.Path, _world.Sa.HeardAt));
    }

    [Fact]
    public void Every_cut_of_a_snapshot_is_refused_and_the_whole_reads_back()
    {
        byte[] snapshot = Snapshot.Write(_world.Sa);
        for (int length = 0; length < snapshot.Length; length++)
        {
            Assert.Null(Snapshot.TryRead(snapshot.AsSpan(0, length), 1, out string fault));
            Assert.NotEmpty(fault);
        }

        Assert.Equal(snapshot, Snapshot.Write(Snapshot.TryRead(snapshot, 1, out _)!));
    }

    [Fact]
    public void A_critical_payload_that_we_do_not_know_refuses_the_whole_request()
    {
        using var world = new EngineWorld(EngineWorld.Psk());
        using IkeInitiator client = world.Client(EngineWorld.Alice());
        world.Login(client);
        byte[] buffer = new byte[512];
        var writer = new PayloadWriter(buffer);
        writer.Sa(EngineWorld.Proposals("aes256gcm16", SecurityProtocol.Esp), [0, 0, 4, 1]);
        writer.Nonce(new byte[32]);
        writer.Ts(PayloadType.TsInitiator, [TrafficSelector.AllV4]);
        writer.Ts(PayloadType.TsResponder, [TrafficSelector.AllV4]);
        writer.Raw((PayloadType)200, [], critical: true);

        // RFC 7296 §2.5: all but that payload would make a child.
        Step step = CreateChildSa.Answer(
            world.Sa, world.Sa.Path, new InnerMessage(writer.First, buffer[..writer.Written]), world.Context);

        Assert.Single(step.State!.Children);
        Assert.Contains(
            step.Effects.OfType<IkeEffect.Report>().Select(report => report.Event).OfType<SaEvent.ExchangeDone>(),
            done => done.Result == $"{NotifyType.UnsupportedCriticalPayload}");
    }

    [Fact]
    public void A_peer_that_never_deletes_what_it_rekeyed_is_stopped()
    {
        ChildSa child = _world.Sa.Children.Single();
        _world.Sas[_world.Sa.LocalSpi] = _world.Sa with
        {
            Children = [child, .. Enumerable.Repeat(child with { IsRekeyed = true }, 31)],
        };

        ImmutableArray<InitiatorEvent> learned =
            _world.Talk(_client, _client.RekeyChild(_client.Children.Single(), Now, KeyExchangeMethod.Curve25519));

        Assert.Equal(NotifyType.NoAdditionalSas, learned.OfType<InitiatorEvent.ChildRefused>().Single().Refusal);
        Assert.Equal(32, _world.Sa.Children.Length);
    }

    [Fact]
    public void An_sa_that_is_being_ended_is_not_rekeyed_by_a_sum_that_comes_late()
    {
        _world.HoldsWork = true;
        OutgoingMessage rekey = _client.RekeyIke(Now).Send.Single();
        _world.Receive(rekey.Path, rekey.Message);
        _world.Turn(_world.Sa, new IkeInput.Terminate());

        _world.FinishWork();

        IkeSaState only = Assert.Single(_world.Sas).Value;
        Assert.Equal(SaPhase.Deleting, only.Phase);
        Assert.NotEmpty(only.Children);
    }

    [Fact]
    public void A_rekey_of_the_ike_sa_waits_for_our_delete_of_a_child()
    {
        _world.Turn(_world.Sa, new IkeInput.Terminate("net"));

        ImmutableArray<InitiatorEvent> learned = _world.Talk(_client, _client.RekeyIke(Now));

        Assert.Equal(NotifyType.TemporaryFailure, learned.OfType<InitiatorEvent.IkeRekeyRefused>().Single().Refusal);
    }

    [Fact]
    public void An_order_to_end_a_child_waits_for_the_request_under_way()
    {
        _world.Policy = Watching();
        _world.Clock.Advance(TimeSpan.FromSeconds(31));
        _world.Turn(_world.Sa, new IkeInput.TimerFired());
        byte[] liveness = _world.Sent[^1];
        _world.Turn(_world.Sa, new IkeInput.Terminate("net"));
        Assert.NotEmpty(_world.Sa.Children);

        OutgoingMessage alive = _client.Receive(liveness, Now).Send.Single();
        byte[] delete = _world.Receive(alive.Path, alive.Message).Single();
        OutgoingMessage done = _client.Receive(delete, Now).Send.Single();
        _world.Receive(done.Path, done.Message);

        Assert.Empty(_world.Sa.Children);
        Assert.Empty(_client.Children);
    }

    [Fact]
    public void A_rekey_from_elsewhere_moves_only_a_peer_behind_a_nat()
    {
        DatagramPath home = _world.Sa.Path;
        OutgoingMessage rekey = _client.RekeyIke(Now).Send.Single();

        _world.Receive(rekey.Path with { Remote = new UdpEndpoint(IpAddress.V4(0xcb007101), 4500) }, rekey.Message);

        Assert.Equal(home, _world.Sa.Path);
    }

    [Fact]
    [Trait("row", "17")]
    public void A_sum_that_failed_leaves_an_sa_that_goes_on()
    {
        _world.HoldsWork = true;
        OutgoingMessage rekey = _client.RekeyIke(Now).Send.Single();
        _world.Receive(rekey.Path, rekey.Message);

        _world.Turn(_world.Sa, new IkeInput.WorkDone(_world.Sa.Pending!.Ticket, new IkeCluster.Engine.Work.WorkResult.Failed()));

        Assert.Null(_world.Sa.Pending);
        Assert.Equal(
            NotifyType.TemporaryFailure,
            _client.Receive(_world.Sent[^1], Now).Events.OfType<InitiatorEvent.IkeRekeyRefused>().Single().Refusal);
    }

    [Fact]
    public void A_move_behind_a_nat_is_written_even_when_only_liveness_tells_it()
    {
        BehindNat(_world.Sa);
        int writes = _world.Writes.Count;
        OutgoingMessage liveness = _client.CheckLiveness(Now).Send.Single();
        DatagramPath moved = liveness.Path with { Remote = new UdpEndpoint(IpAddress.V4(0xc0000201), 61234) };

        _world.Receive(moved, liveness.Message);

        Assert.Equal(moved, _world.Writes[writes..].Single().State.Path);
        Assert.Single(_world.Events.OfType<SaEvent.Moved>());
    }

    [Fact]
    public void In_catch_up_a_peer_that_moved_is_found_by_our_own_request()
    {
        BehindNat(_world.Sa);
        Recover(_world.Sa with { RowVersion = _world.Sa.RowVersion });
        OutgoingMessage liveness = _client.CheckLiveness(Now).Send.Single();
        DatagramPath moved = liveness.Path with { Remote = new UdpEndpoint(IpAddress.V4(0xc0000201), 61234) };

        List<byte[]> sent = _world.Receive(moved, liveness.Message);
        Assert.Equal(2, sent.Count);
        Assert.NotEqual(moved, _world.Sa.Path);

        _client.Receive(sent[0], Now);
        OutgoingMessage alive = _client.Receive(sent[1], Now).Send.Single();
        _world.Receive(moved, alive.Message);
        Assert.Equal(moved, _world.Sa.Path);
        Assert.True(_world.Sa.IsReached);
    }

    // A peer that answered before it asked was locked out: its next request was one of the future.
    [Fact]
    public void An_answer_to_our_own_request_does_not_tell_which_request_of_the_peer_is_next()
    {
        _world.Policy = Watching();
        IkeSaState written = _world.Writes[^1].State;
        _world.Talk(_client, _client.CheckLiveness(Now));
        _world.Talk(_client, _client.CheckLiveness(Now));
        Recover(written);
        _world.Clock.Advance(TimeSpan.FromSeconds(31));
        int sent = _world.Sent.Count;
        _world.Turn(_world.Sa, new IkeInput.TimerFired());
        OutgoingMessage alive = _client.Receive(Assert.Single(_world.Sent.Skip(sent)), Now).Send.Single();
        _world.Receive(EngineWorld.SeenByUs(alive.Path), alive.Message);
        Assert.Null(_world.Sa.Own.Pending);

        Assert.Contains(_world.Talk(_client, _client.CheckLiveness(Now)), one => one is InitiatorEvent.LivenessAnswered);
        Assert.Equal(Now, _world.Sa.HeardAt);
        _world.Talk(_client, _client.RekeyChild(_client.Children.Single(), Now, KeyExchangeMethod.Curve25519));
        Assert.False(_world.Sa.IsCatchingUp);
    }

    private PolicySet Watching() => new(
        [EngineWorld.Psk() with { DpdDelay = TimeSpan.FromSeconds(30) }], _world.Policy.Pools, [], _world.Policy.Anchors, new IkeTimes());

    private void BehindNat(IkeSaState state) => _world.Sas[state.LocalSpi] = state with
    {
        Facts = state.Facts! with { Features = state.Facts.Features | PeerFeatures.RemoteBehindNat },
    };

    private void Recover(IkeSaState written)
    {
        IkeSaState back = Snapshot.TryRead(Snapshot.Write(written), written.RowVersion, out _)!;
        _world.Sas.Clear();
        _world.Sas[back.LocalSpi] = back;
        _world.Turn(back, new IkeInput.Recovered(AfterOwnerChange: true));
    }
}
