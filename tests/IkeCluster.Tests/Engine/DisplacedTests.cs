using System.Collections.Immutable;
using IkeCluster.Engine;
using IkeCluster.Engine.Exchanges;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>What an SA asks of the sessions of its identity, and what it does when a later login has put it out (TRAPS 22).</summary>
public sealed class DisplacedTests : IDisposable
{
    private static readonly ConnectionPolicy Replacing = EngineWorld.Psk() with { Unique = UniquePolicy.Replace };

    private readonly EngineWorld _world = new(Replacing);
    private readonly IkeInitiator _client;

    public DisplacedTests() => _client = _world.Client(EngineWorld.Alice());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_login_says_its_rule_and_whether_it_is_the_first_contact(bool isInitialContact)
    {
        using IkeInitiator client = _world.Client(EngineWorld.Alice() with { InitialContact = isInitialContact }, seed: 5);
        _world.Login(client);
        SaWrite write = Assert.Single(_world.Writes);
        Assert.Equal(new SessionRule(UniquePolicy.Replace, isInitialContact, Limit: 0), write.Session);
        var key = SessionKey.Of(EngineWorld.Id("alice@example.org"), "rw", EngineWorld.Id("vpn.example.org"));
        Assert.Equal(key, write.State.Facts!.Session);
        LeaseRequest asked = Assert.Single(_world.Leases);
        Assert.Equal(new SessionSeat(key, EngineWorld.SeenByUs(client.Path).Remote), asked.Seat);
        Assert.True(asked.DisplacesAll);
    }

    [Theory]
    [InlineData(UniquePolicy.Never, true, false)]
    [InlineData(UniquePolicy.No, false, false)]
    [InlineData(UniquePolicy.No, true, true)]
    [InlineData(UniquePolicy.Keep, false, true)]
    public void It_asks_for_its_predecessors_addresses_only_where_none_will_stay(UniquePolicy unique, bool isInitialContact, bool displacesAll) =>
        Assert.Equal(displacesAll, new SessionRule(unique, isInitialContact, Limit: 0).DisplacesAll);

    [Fact]
    public void With_EAP_the_session_is_the_users_and_the_first_contact_stands_in_the_first_request()
    {
        using var world = EapWorld.Of(EapWorld.Connection(eapId: "%any"));
        world.Login(EapWorld.Alice(id: "192.0.2.77") with { InitialContact = true });
        SaWrite write = Assert.Single(world.Engine.Writes);
        Assert.Equal(EngineWorld.Id("alice@example.org").Key, write.State.Facts!.Session.Peer);
        Assert.Equal(write.State.Facts.Session, Assert.Single(world.Engine.Leases).Seat!.Value.Key);
        Assert.True(write.Session!.Value.IsInitialContact);
    }

    [Fact]
    public void Initial_contact_in_any_later_request_means_nothing()
    {
        _world.Login(_client);
        ImmutableArray<InitiatorEvent> learned = _world.Talk(
            _client, _client.SendInformational(_world.Clock.Now, (ref PayloadWriter writer) => writer.Notify(NotifyType.InitialContact)));
        Assert.DoesNotContain(learned, one => one is InitiatorEvent.Failed);
        Assert.Single(_world.Writes, write => write.Session is not null);
        Assert.Equal(SaPhase.Established, _world.Sa.Phase);
    }

    [Fact]
    public void Replaced_is_deleted_once_whoever_says_so_again()
    {
        _world.Login(_client);
        IkeSpi spi = _world.Sa.LocalSpi;
        int sent = _world.Sent.Count;
        Tell(spi, Displacement.Replaced);
        Tell(spi, Displacement.Replaced);
        Tell(spi, Displacement.Reauthenticated);
        _world.Turn(_world.Sas[spi], new IkeInput.Displaced(Displacement.None));
        Assert.Equal(sent + 1, _world.Sent.Count);
        Assert.Equal(OwnRequestKind.DeleteIke, _world.Sas[spi].Own.Pending!.Kind);

        Deliver(sent);
        Assert.Equal(EndCause.Replaced, Ended());
        Assert.Empty(_world.Sas);
        Assert.Empty(_world.Installed);
    }

    [Fact]
    public void Replaced_by_a_peer_that_is_gone_ends_with_the_schedule()
    {
        _world.Login(_client);
        IkeSpi spi = _world.Sa.LocalSpi;
        Tell(spi, Displacement.Replaced);
        for (int i = 0; i <= _world.Policy.Times.RetransmitTries; i++)
        {
            _world.Clock.AdvanceTo(_world.WakeAt[spi]);
            _world.Turn(_world.Sas[spi], new IkeInput.TimerFired());
        }

        Assert.Equal(EndCause.Replaced, Ended());
    }

    [Theory]
    [InlineData(Displacement.None)]
    [InlineData(Displacement.Reauthenticated)]
    [InlineData(Displacement.Replaced)]
    public void Initial_contact_ends_it_without_a_word_whatever_went_before(Displacement before)
    {
        _world.Login(_client);
        IkeSpi spi = _world.Sa.LocalSpi;
        Tell(spi, before);
        int sent = _world.Sent.Count;
        Tell(spi, Displacement.InitialContact);
        Assert.Equal(sent, _world.Sent.Count);
        Assert.Equal(EndCause.InitialContact, Ended());
        Assert.Equal(SaWriteKind.Delete, _world.Writes[^1].Kind);
        Assert.Empty(_world.Sas);
        Assert.Empty(_world.Installed);
    }

    [Fact]
    public void Its_own_client_has_time_to_delete_it()
    {
        _world.Login(_client);
        IkeSpi spi = _world.Sa.LocalSpi;
        int writes = _world.Writes.Count;
        Tell(spi, Displacement.Reauthenticated);
        Assert.Equal(_world.Clock.Now + Displacing.ReauthGrace, _world.WakeAt[spi]);
        Assert.Equal(writes, _world.Writes.Count);

        Assert.Contains(_world.Talk(_client, _client.CheckLiveness(_world.Clock.Now)), one => one is InitiatorEvent.LivenessAnswered);
        Assert.Equal(_world.Clock.Now + Displacing.ReauthGrace, _world.WakeAt[spi]);
        _world.Talk(_client, _client.DeleteIke(_world.Clock.Now));
        Assert.Equal(EndCause.PeerDelete, Ended());
    }

    [Fact]
    public void Where_its_client_does_not_we_do()
    {
        _world.Login(_client);
        IkeSpi spi = _world.Sa.LocalSpi;
        Tell(spi, Displacement.Reauthenticated);
        int sent = _world.Sent.Count;
        _world.Clock.AdvanceTo(_world.WakeAt[spi]);
        _world.Turn(_world.Sas[spi], new IkeInput.TimerFired());
        Assert.Equal(SaPhase.Deleting, _world.Sas[spi].Phase);
        Deliver(sent);
        Assert.Equal(EndCause.Replaced, Ended());
    }

    [Fact]
    public void A_mark_told_again_after_a_restart_still_names_the_cause()
    {
        _world.Login(_client);
        IkeSpi spi = _world.Sa.LocalSpi;
        int sent = _world.Sent.Count;
        Tell(spi, Displacement.Replaced);
        byte[] row = Snapshot.Write(_world.Sas[spi]);
        IkeSaState back = Snapshot.TryRead(row, _world.Sas[spi].RowVersion, out _)!;
        _world.Turn(back, new IkeInput.Recovered(AfterOwnerChange: true));
        Tell(spi, Displacement.Replaced);
        Assert.Equal(sent + 2, _world.Sent.Count);
        Assert.Equal(_world.Sent[^1], _world.Sent[^2]);
        Deliver(sent + 1);
        Assert.Equal(EndCause.Replaced, Ended());
    }

    [Fact]
    public void An_SA_that_was_rekeyed_has_handed_its_session_on()
    {
        _world.Login(_client);
        IkeSpi old = _world.Sa.LocalSpi;

        // The answer is lost, so the client does not delete the old one.
        OutgoingMessage request = Assert.Single(_client.RekeyIke(_world.Clock.Now).Send);
        _world.Receive(EngineWorld.SeenByUs(request.Path), request.Message);
        Assert.Equal(SaPhase.Rekeyed, _world.Sas[old].Phase);
        Tell(old, Displacement.InitialContact);
        Assert.Equal(SaPhase.Rekeyed, _world.Sas[old].Phase);
        Assert.Equal(2, _world.Sas.Count);
    }

    [Fact]
    public void An_SA_that_was_to_leave_and_is_rekeyed_stays_to_answer()
    {
        _world.Login(_client);
        IkeSpi old = _world.Sa.LocalSpi;
        Tell(old, Displacement.Reauthenticated);
        OutgoingMessage request = Assert.Single(_client.RekeyIke(_world.Clock.Now).Send);
        _world.Receive(EngineWorld.SeenByUs(request.Path), request.Message);

        _world.Clock.Advance(Displacing.ReauthGrace);
        _world.Turn(_world.Sas[old], new IkeInput.TimerFired());

        Assert.Equal((SaPhase.Rekeyed, Displacement.None), (_world.Sas[old].Phase, _world.Sas[old].Displaced));
        Assert.Null(_world.Sas[old].Own.Pending);
    }

    [Fact]
    public void A_half_open_SA_is_nobodys_session_yet()
    {
        _world.HoldsWork = true;
        _world.Talk(_client, _client.Start(_world.Clock.Now));
        IkeSpi spi = Assert.Single(_world.Sas).Key;
        Tell(spi, Displacement.InitialContact);
        Assert.Equal(SaPhase.HalfOpen, _world.Sas[spi].Phase);
    }

    public void Dispose()
    {
        _client.Dispose();
        _world.Dispose();
    }

    private void Tell(IkeSpi spi, Displacement how) => _world.Turn(_world.Sas[spi], new IkeInput.Displaced(how));

    /// <summary>The client hears what we sent from there on, and we hear its answers.</summary>
    private void Deliver(int from)
    {
        foreach (byte[] datagram in _world.Sent.Skip(from).ToArray())
        {
            _world.Talk(_client, _client.Receive(datagram, _world.Clock.Now));
        }
    }

    private EndCause Ended() => Assert.Single(_world.Events.OfType<SaEvent.Ended>()).Cause;
}
