using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>MOBIKE as responder (RFC 4555): what moves a peer, what does not, and what is left of it after a crash (trap 15).</summary>
public sealed class MobikeTests : IDisposable
{
    private static readonly UdpEndpoint Elsewhere = new(Policies.Address("203.0.113.7"), 4500);

    private readonly EngineWorld _world = new(EngineWorld.Psk() with { DpdDelay = TimeSpan.FromSeconds(30) });
    private readonly IkeInitiator _client;

    public MobikeTests()
    {
        _client = _world.Client(Mobile());
        _world.Login(_client);
    }

    private Instant Now => _world.Clock.Now;

    public void Dispose()
    {
        _client.Dispose();
        _world.Dispose();
    }

    [Fact]
    public void Mobike_is_on_where_both_sides_say_so_and_its_peer_is_on_the_nat_traversal_port()
    {
        Assert.True(_client.SpeaksMobike);
        Assert.True(_world.Sa.Facts!.Features.HasFlag(PeerFeatures.Mobike));
        Assert.True(_world.Sa.Path.NonEspMarker);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Mobike_is_off_where_one_side_is_silent(bool weSpeakIt, bool theySpeakIt)
    {
        using var world = new EngineWorld(EngineWorld.Psk() with { Mobike = weSpeakIt });
        using IkeInitiator client = world.Client(theySpeakIt ? Mobile() : EngineWorld.Alice());
        world.Login(client);
        DatagramPath home = world.Sa.Path;

        client.MoveTo(client.Path with { Local = Elsewhere });
        InitiatorEvent.AddressesUpdated told = world.Talk(client, client.UpdateAddresses(Now, new())).OfType<InitiatorEvent.AddressesUpdated>().Single();

        Assert.False(client.SpeaksMobike);
        Assert.Equal(home, world.Sa.Path);
        Assert.Null(told.SeesNat);
        Assert.Equal(NotifyType.None, told.Refusal);
    }

    [Fact]
    public void An_update_moves_the_ike_sa_and_its_children_and_is_written_before_its_answer()
    {
        DatagramPath home = _world.Sa.Path;
        (IkeSpi spi, ImmutableArray<LeasedAddress> leases) = (_world.Sa.LocalSpi, _world.Sa.Facts!.VirtualIps);
        int writes = _world.Writes.Count;

        InitiatorEvent.AddressesUpdated told = Move(Elsewhere);

        Assert.Equal(NotifyType.None, told.Refusal);
        Assert.False(told.SeesNat);
        Assert.Equal(Elsewhere, _world.Sa.Path.Remote);
        Assert.Equal(_world.Sa.Path, _world.Writes[writes..].Single().State.Path);
        Assert.Equal(_world.Sa.Path, _world.SentTo[^1]);
        Assert.Equal((_world.Sa.Children.Single(), _world.Sa.Path), (_world.Moved.Single().Child, _world.Moved.Single().Path));
        Assert.Equal(home, _world.Events.OfType<SaEvent.Moved>().Single().From);
        Assert.Equal(spi, _world.Sa.LocalSpi);
        Assert.Equal(leases, _world.Sa.Facts!.VirtualIps);
    }

    [Fact]
    public void A_packet_from_elsewhere_moves_nobody_who_speaks_mobike()
    {
        Claim(PeerFeatures.RemoteBehindNat);
        DatagramPath home = _world.Sa.Path;
        int writes = _world.Writes.Count;

        _client.MoveTo(_client.Path with { Local = Elsewhere });
        ImmutableArray<InitiatorEvent> learned = _world.Talk(_client, _client.CheckLiveness(Now));

        Assert.Contains(learned, one => one is InitiatorEvent.LivenessAnswered);
        Assert.Equal(Elsewhere, _world.SentTo[^1].Remote);
        Assert.Equal(home, _world.Sa.Path);
        Assert.Equal(writes, _world.Writes.Count);
    }

    [Fact]
    public void The_newest_update_wins_and_a_repeat_of_an_older_one_does_not_move_back()
    {
        _client.MoveTo(_client.Path with { Local = Elsewhere });
        OutgoingMessage first = _client.UpdateAddresses(Now, new()).Send.Single();
        DatagramPath asked = EngineWorld.SeenByUs(first.Path);
        byte[] answer = _world.Receive(asked, first.Message).Single();
        _client.Receive(answer, Now);
        UdpEndpoint home = new(Policies.Address("198.51.100.9"), 4500);
        Move(home);

        Assert.Empty(_world.Receive(asked, first.Message));
        Assert.Equal(home, _world.Sa.Path.Remote);
    }

    [Fact]
    public void A_repeat_of_the_update_from_yet_another_address_is_answered_there_and_moves_nothing()
    {
        _client.MoveTo(_client.Path with { Local = Elsewhere });
        OutgoingMessage update = _client.UpdateAddresses(Now, new()).Send.Single();
        byte[] answer = _world.Receive(EngineWorld.SeenByUs(update.Path), update.Message).Single();
        UdpEndpoint third = new(Policies.Address("192.0.2.77"), 4500);

        byte[] again = _world.Receive(EngineWorld.SeenByUs(update.Path) with { Remote = third }, update.Message).Single();

        Assert.Equal(answer, again);
        Assert.Equal(third, _world.SentTo[^1].Remote);
        Assert.Equal(Elsewhere, _world.Sa.Path.Remote);
    }

    [Fact]
    public void A_move_judges_the_nat_anew_in_both_directions()
    {
        Assert.False(_world.Sa.Facts!.Features.HasFlag(PeerFeatures.RemoteBehindNat));
        UdpEndpoint inside = new(Policies.Address("10.1.1.1"), 4500);
        UdpEndpoint outside = new(Policies.Address("203.0.113.50"), 61_000);

        Assert.True(Move(inside, seenAs: outside).SeesNat);
        Assert.True(_world.Sa.Facts!.Features.HasFlag(PeerFeatures.RemoteBehindNat));
        Assert.Equal(outside, _world.Sa.Path.Remote);

        Assert.False(Move(Elsewhere).SeesNat);
        Assert.False(_world.Sa.Facts!.Features.HasFlag(PeerFeatures.RemoteBehindNat));
        Assert.True(_world.Sa.Facts!.Features.HasFlag(PeerFeatures.Mobike));
    }

    [Fact]
    public void A_nat_that_comes_between_without_a_new_address_moves_the_children_and_tells_no_move()
    {
        UdpEndpoint seen = _world.Sa.Path.Remote;

        Move(new UdpEndpoint(Policies.Address("10.1.1.1"), 4500), seenAs: seen);

        Assert.True(_world.Sa.Facts!.Features.HasFlag(PeerFeatures.RemoteBehindNat));
        Assert.Single(_world.Moved);
        Assert.Empty(_world.Events.OfType<SaEvent.Moved>());
    }

    [Fact]
    public void Liveness_with_nat_detection_says_what_we_see_and_is_not_written()
    {
        int writes = _world.Writes.Count;
        var mapped = new UdpEndpoint(_client.Path.Local.Address, 61_001);

        InitiatorEvent.AddressesUpdated told = Send(new AddressUpdate { Moves = false }, mapped);

        Assert.True(told.SeesNat);
        Assert.Equal(writes, _world.Writes.Count);
        Assert.NotEqual(mapped, _world.Sa.Path.Remote);
        Assert.False(_world.Sa.Facts!.Features.HasFlag(PeerFeatures.RemoteBehindNat));
    }

    [Fact]
    public void A_cookie_is_echoed_with_the_move_and_alone()
    {
        ImmutableArray<byte> cookie = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

        Assert.Equal(cookie, Send(new AddressUpdate { Cookie = cookie }, Elsewhere).Cookie);
        Assert.Equal(cookie, Send(new AddressUpdate { Cookie = cookie, Moves = false, DetectsNat = false }, Elsewhere).Cookie);
    }

    [Theory]
    [InlineData(7)]
    [InlineData(65)]
    public void A_cookie_of_a_size_that_cannot_be_is_not_echoed(int octets) =>
        Assert.Empty(Send(new AddressUpdate { Cookie = [.. new byte[octets]] }, Elsewhere).Cookie);

    [Fact]
    public void A_nat_that_the_peer_forbids_is_told_and_changes_nothing()
    {
        IkeSaState before = _world.Sa;
        ImmutableArray<byte> cookie = [1, 2, 3, 4, 5, 6, 7, 8];
        _client.MoveTo(_client.Path with { Local = new UdpEndpoint(Policies.Address("10.1.1.1"), 4500) });

        InitiatorEvent.AddressesUpdated told = Send(
            new AddressUpdate { ForbidsNat = true, DetectsNat = false, Cookie = cookie, Addresses = [Policies.Address("192.0.2.9")] }, Elsewhere);

        Assert.Equal(NotifyType.UnexpectedNatDetected, told.Refusal);
        Assert.Equal(cookie, told.Cookie);
        Assert.Equal((before.Path, before.Facts, 0), (_world.Sa.Path, _world.Sa.Facts, _world.Sa.PeerAddresses.Length));
    }

    [Theory]
    [InlineData("203.0.113.7", "198.51.100.1")]
    [InlineData("2001:db8::7", "2001:db8::1")]
    public void Where_no_nat_is_the_prohibition_is_no_hindrance(string from, string to)
    {
        _client.MoveTo(new DatagramPath(new UdpEndpoint(Policies.Address(to), 4500), new UdpEndpoint(Policies.Address(from), 4500), true));

        InitiatorEvent.AddressesUpdated told = Send(new AddressUpdate { ForbidsNat = true, DetectsNat = false }, _client.Path.Local);

        Assert.Equal(NotifyType.None, told.Refusal);
        Assert.Equal(EngineWorld.SeenByUs(_client.Path), _world.Sa.Path);
    }

    [Fact]
    public void A_prohibition_of_nats_that_is_cut_short_counts_as_a_nat()
    {
        InitiatorStep step = _client.SendInformational(
            Now,
            (ref PayloadWriter writer) =>
            {
                writer.Notify(NotifyType.UpdateSaAddresses);
                writer.Notify(NotifyType.NoNatsAllowed, [1, 2, 3]);
            });

        _world.Talk(_client, step);

        Assert.Equal($"{NotifyType.UnexpectedNatDetected}", _world.Events.OfType<SaEvent.ExchangeDone>().Last().Result);
    }

    [Fact]
    public void The_peer_moves_from_ipv4_to_ipv6_and_back()
    {
        DatagramPath home = _client.Path;
        var six = new DatagramPath(
            new UdpEndpoint(Policies.Address("2001:db8::1"), 4500), new UdpEndpoint(Policies.Address("2001:db8::7"), 4500), true);
        _client.MoveTo(six);
        Assert.False(Send(new AddressUpdate(), six.Local).SeesNat);
        Assert.Equal(EngineWorld.SeenByUs(six), _world.Sa.Path);

        _client.MoveTo(home);
        Assert.False(Send(new AddressUpdate(), home.Local).SeesNat);
        Assert.Equal(EngineWorld.SeenByUs(home), _world.Sa.Path);
    }

    [Fact]
    public void Addresses_that_the_connection_does_not_serve_are_refused()
    {
        _world.Policy = With(EngineWorld.Psk() with
        {
            RemoteAddrs = [new AddressRange(Policies.Address("198.51.100.0"), Policies.Address("198.51.100.255"))],
        });
        DatagramPath home = _world.Sa.Path;

        InitiatorEvent.AddressesUpdated told = Move(Elsewhere);

        Assert.Equal(NotifyType.UnacceptableAddresses, told.Refusal);
        Assert.Null(told.SeesNat);
        Assert.Equal(home, _world.Sa.Path);
        Assert.Empty(_world.Moved);
    }

    [Fact]
    public void Each_list_of_further_addresses_replaces_the_one_before()
    {
        ImmutableArray<IpAddress> both = [Policies.Address("192.0.2.9"), Policies.Address("2001:db8::9")];
        Send(new AddressUpdate { Moves = false, DetectsNat = false, Addresses = both });
        Assert.Equal(both, _world.Sa.PeerAddresses);

        Move(Elsewhere);
        Assert.Equal(both, _world.Sa.PeerAddresses);

        Send(new AddressUpdate { Moves = false, DetectsNat = false, Addresses = [both[1]] });
        Assert.Equal([both[1]], _world.Sa.PeerAddresses);

        Send(new AddressUpdate { Moves = false, DetectsNat = false, Addresses = [] });
        Assert.Empty(_world.Sa.PeerAddresses);
    }

    [Fact]
    public void More_addresses_than_are_kept_cost_the_peer_the_last_ones()
    {
        ImmutableArray<IpAddress> many = [.. Enumerable.Range(0, 40).Select(i => IpAddress.V4(0xc0000200 + (uint)i))];

        Send(new AddressUpdate { Moves = false, DetectsNat = false, Addresses = many });

        Assert.Equal(many[..Limits.PeerAddressesMax], _world.Sa.PeerAddresses);
    }

    [Fact]
    public void A_move_and_further_addresses_survive_a_crash_and_an_ike_rekey()
    {
        Send(new AddressUpdate { Addresses = [Policies.Address("2001:db8::9")] }, Elsewhere);
        IkeSaState written = _world.Writes[^1].State;

        IkeSaState back = Snapshot.TryRead(Snapshot.Write(written), written.RowVersion, out _)!;
        Assert.Equal((written.Path, written.Facts!.Features), (back.Path, back.Facts!.Features));
        Assert.Equal(written.PeerAddresses, back.PeerAddresses);

        _world.Sas[back.LocalSpi] = back;
        _world.Turn(back, new IkeInput.Recovered(AfterOwnerChange: true));
        _world.Talk(_client, _client.RekeyIke(Now));
        Assert.Equal(Elsewhere, _world.Sa.Path.Remote);
        Assert.Equal(written.PeerAddresses, _world.Sa.PeerAddresses);
        Assert.True(_world.Sa.Facts!.Features.HasFlag(PeerFeatures.Mobike));
    }

    [Fact]
    public void A_crash_before_the_answer_leaves_the_repeat_of_the_update_to_be_done_once_more()
    {
        IkeSaState before = _world.Sa;
        _client.MoveTo(_client.Path with { Local = Elsewhere });
        OutgoingMessage update = _client.UpdateAddresses(Now, new()).Send.Single();
        _world.Receive(EngineWorld.SeenByUs(update.Path), update.Message);

        // The commit never came about: neither answer nor move is durable, and the peer repeats.
        Recover(before);
        byte[] answer = _world.Receive(EngineWorld.SeenByUs(update.Path), update.Message).Single();

        Assert.Contains(_client.Receive(answer, Now).Events, one => one is InitiatorEvent.AddressesUpdated);
        Assert.Equal(Elsewhere, _world.Sa.Path.Remote);
    }

    [Fact]
    public void A_crash_after_the_commit_answers_the_repeat_of_the_update_with_the_same_octets()
    {
        _client.MoveTo(_client.Path with { Local = Elsewhere });
        OutgoingMessage update = _client.UpdateAddresses(Now, new()).Send.Single();
        byte[] answer = _world.Receive(EngineWorld.SeenByUs(update.Path), update.Message).Single();

        Recover(_world.Writes[^1].State);

        Assert.Equal(answer, _world.Receive(EngineWorld.SeenByUs(update.Path), update.Message).Single());
    }

    [Fact]
    public void In_catch_up_an_update_moves_and_confirms_while_liveness_from_elsewhere_does_neither()
    {
        Claim(PeerFeatures.RemoteBehindNat);
        Recover(_world.Sa);
        int sent = _world.Sent.Count;
        _client.MoveTo(_client.Path with { Local = Elsewhere });
        _world.Talk(_client, _client.CheckLiveness(Now));
        Assert.True(_world.Sa.IsCatchingUp);
        Assert.NotEqual(Elsewhere, _world.Sa.Path.Remote);
        Assert.Equal(1, _world.Sent.Count - sent);

        Move(Elsewhere);

        Assert.False(_world.Sa.IsCatchingUp);
        Assert.False(_world.Writes[^1].State.IsCatchingUp);
        Assert.Equal(Elsewhere, _world.Sa.Path.Remote);
    }

    [Fact]
    public void A_request_of_ours_in_flight_goes_to_the_new_address_at_once_and_its_answer_moves_nobody()
    {
        _world.Clock.Advance(TimeSpan.FromSeconds(31));
        _world.Turn(_world.Sa, new IkeInput.TimerFired());
        byte[] liveness = _world.Sent[^1];

        Move(Elsewhere);

        Assert.Equal(liveness, _world.Sent[^1]);
        Assert.Equal(Elsewhere, _world.SentTo[^1].Remote);
        OutgoingMessage alive = _client.Receive(liveness, Now).Send.Single();
        Claim(PeerFeatures.RemoteBehindNat);
        _world.Receive(EngineWorld.SeenByUs(alive.Path) with { Remote = new UdpEndpoint(Policies.Address("192.0.2.99"), 4500) }, alive.Message);
        Assert.Null(_world.Sa.Own.Pending);
        Assert.Equal(Elsewhere, _world.Sa.Path.Remote);
    }

    [Fact]
    public void An_update_beside_a_delete_of_a_child_does_both()
    {
        EspSpi gone = _client.Children.Single().InboundSpi;
        _client.MoveTo(_client.Path with { Local = Elsewhere });
        InitiatorStep step = _client.SendInformational(
            Now,
            (ref PayloadWriter writer) =>
            {
                writer.Notify(NotifyType.UpdateSaAddresses);
                writer.DeleteChildren(IkeCluster.Protocol.Proposals.SecurityProtocol.Esp, [gone]);
            });

        _world.Talk(_client, step);

        Assert.Equal(Elsewhere, _world.Sa.Path.Remote);
        Assert.Empty(_world.Sa.Children);
        Assert.Empty(_world.Moved);
    }

    private static InitiatorSettings Mobile() => EngineWorld.Alice() with { AuthNotifies = [NotifyType.MobikeSupported] };

    /// <summary>The client goes to another endpoint of its own, which a NAT may show us as a third one.</summary>
    private InitiatorEvent.AddressesUpdated Move(UdpEndpoint to, UdpEndpoint? seenAs = null)
    {
        _client.MoveTo(_client.Path with { Local = to });
        return Send(new AddressUpdate(), seenAs ?? to);
    }

    private InitiatorEvent.AddressesUpdated Send(AddressUpdate update, UdpEndpoint? seenAs = null)
    {
        OutgoingMessage request = _client.UpdateAddresses(Now, update).Send.Single();
        DatagramPath path = EngineWorld.SeenByUs(request.Path) with { Remote = seenAs ?? request.Path.Local };
        byte[] answer = _world.Receive(path, request.Message)[0];
        return _client.Receive(answer, Now).Single<InitiatorEvent.AddressesUpdated>();
    }

    private void Claim(PeerFeatures features) => _world.Sas[_world.Sa.LocalSpi] = _world.Sa with
    {
        Facts = _world.Sa.Facts! with { Features = _world.Sa.Facts.Features | features },
    };

    private PolicySet With(ConnectionPolicy connection) =>
        new([connection], _world.Policy.Pools, [], _world.Policy.Anchors, new IkeTimes());

    private void Recover(IkeSaState written)
    {
        IkeSaState back = Snapshot.TryRead(Snapshot.Write(written), written.RowVersion, out _)!;
        _world.Sas.Clear();
        _world.Sas[back.LocalSpi] = back;
        _world.Turn(back, new IkeInput.Recovered(AfterOwnerChange: true));
    }
}
