using System.Collections.Immutable;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Engine.Window;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.Tests.Engine;

/// <summary>REDIRECT (RFC 5685): in IKE_SA_INIT without state, and at the end of IKE_AUTH.</summary>
public sealed class RedirectTests : IDisposable
{
    private readonly EngineWorld _world = new(EngineWorld.Psk());

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("vpn2.example.org", GatewayIdentityType.Fqdn)]
    [InlineData("192.0.2.200", GatewayIdentityType.Ipv4)]
    [InlineData("2001:db8::200", GatewayIdentityType.Ipv6)]
    public void A_client_that_understands_is_sent_elsewhere_without_any_state(string to, GatewayIdentityType type)
    {
        Send(RedirectWhen.Always, to);
        using IkeInitiator client = _world.Client(Understands());

        ImmutableArray<byte> data = Redirect(_world.Login(client));

        Assert.True(GatewayIdentity.TryRead(data.AsSpan(), out GatewayIdentity? gateway, out ReadOnlySpan<byte> nonce));
        Assert.Equal((type, to), (gateway!.Type, gateway.ToString()));
        Assert.Equal(NonceOf(_world.Received[0]), nonce.ToArray());
        Assert.Empty(_world.Sas);
        IkeHeader.TryRead(_world.Sent.Single(), out IkeHeader answer);
        Assert.Equal((IkeSpi.Zero, MessageId.Zero, true), (answer.ResponderSpi, answer.MessageId, answer.IsResponse));
    }

    [Fact]
    public void A_client_that_does_not_understand_is_served_here()
    {
        Send(RedirectWhen.Always, "vpn2.example.org");
        using IkeInitiator client = _world.Client(EngineWorld.Alice());

        Assert.Contains(_world.Login(client), one => one is InitiatorEvent.Established);
    }

    [Theory]
    [InlineData("vpn2.example.org", "VPN2.example.org", true)]
    [InlineData("192.0.2.200", "192.0.2.200", true)]
    [InlineData("vpn2.example.org", "192.0.2.200", true)]
    [InlineData("vpn2.example.org", "vpn3.example.org", false)]
    public void A_client_that_comes_from_there_is_not_sent_back(string to, string from, bool stays)
    {
        Send(RedirectWhen.Always, to);
        Assert.True(GatewayIdentity.TryParse(from, out GatewayIdentity? gateway));
        using IkeInitiator client = _world.Client(Understands() with { RedirectedFrom = gateway });

        Assert.Equal(stays, _world.Login(client).Any(one => one is InitiatorEvent.Established));
    }

    [Fact]
    public void A_client_that_has_come_to_the_other_address_already_stays()
    {
        Send(RedirectWhen.Always, "192.0.2.1");
        using IkeInitiator client = _world.Client(Understands());

        Assert.Contains(_world.Login(client), one => one is InitiatorEvent.Established);
    }

    [Fact]
    public void Redirected_from_alone_says_that_the_client_understands()
    {
        Send(RedirectWhen.Always, "192.0.2.200");
        using IkeInitiator client = _world.Client(EngineWorld.Alice() with { RedirectedFrom = GatewayIdentity.Of(Policies.Address("192.0.2.7")) });

        Redirect(_world.Login(client));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void On_drain_clients_are_sent_elsewhere_only_while_the_node_drains(bool isDraining, bool isServed)
    {
        Send(RedirectWhen.Drain, "vpn2.example.org");
        _world.IsDraining = isDraining;
        using IkeInitiator client = _world.Client(Understands());

        ImmutableArray<InitiatorEvent> learned = _world.Login(client);

        Assert.Equal(isServed, learned.Any(one => one is InitiatorEvent.Established));
        Assert.Equal(!isServed, learned.Any(one => one is InitiatorEvent.Notified { Type: NotifyType.Redirect }));
    }

    [Fact]
    public void A_node_that_drains_takes_nobody_whom_it_cannot_send_elsewhere()
    {
        Send(RedirectWhen.Drain, "vpn2.example.org");
        _world.IsDraining = true;
        using IkeInitiator client = _world.Client(EngineWorld.Alice());

        _world.Login(client);

        Assert.Empty(_world.Sas);
        Assert.Equal(DropReason.Overload, Assert.Single(_world.Drops));
    }

    [Fact]
    public void A_login_under_way_when_the_drain_begins_is_sent_elsewhere_by_an_authenticated_answer()
    {
        Send(RedirectWhen.Drain, "vpn2.example.org");
        using IkeInitiator client = _world.Client(Understands());

        ImmutableArray<byte> data = Redirect(LoginWhileDrainBegins(client));

        Assert.True(GatewayIdentity.TryRead(data.AsSpan(), out GatewayIdentity? gateway, out ReadOnlySpan<byte> nonce));
        Assert.Equal("vpn2.example.org", $"{gateway}");
        Assert.True(nonce.IsEmpty);
        Assert.Empty(client.Children);
        IkeSaState redirected = Assert.Single(_world.Sas).Value;
        Assert.Equal(SaPhase.Redirected, redirected.Phase);
        Assert.Empty(redirected.Facts!.VirtualIps);
        Assert.Equal("vpn2.example.org", _world.Events.OfType<SaEvent.Redirected>().Single().Gateway);

        _world.Talk(client, client.DeleteIke(_world.Clock.Now));
        Assert.Empty(_world.Sas);
        Assert.Equal(EndCause.Redirected, _world.Events.OfType<SaEvent.Ended>().Single().Cause);
    }

    [Fact]
    public void A_redirected_sa_makes_no_child_survives_a_crash_and_ends_by_itself()
    {
        Send(RedirectWhen.Drain, "vpn2.example.org");
        using IkeInitiator client = _world.Client(Understands());
        LoginWhileDrainBegins(client);

        ImmutableArray<InitiatorEvent> refused = _world.Talk(client, client.CreateChild(_world.Clock.Now));
        Assert.Contains(refused, one => one is InitiatorEvent.ChildRefused);

        IkeSaState written = _world.Writes[^1].State;
        IkeSaState back = Snapshot.TryRead(Snapshot.Write(written), written.RowVersion, out _)!;
        Assert.Equal(SaPhase.Redirected, back.Phase);
        _world.Clock.AdvanceTo(back.EndAt);
        _world.Turn(back, new IkeInput.TimerFired());
        Assert.Empty(_world.Sas);
        Assert.Equal(EndCause.Redirected, _world.Events.OfType<SaEvent.Ended>().Single().Cause);
    }

    [Fact]
    public void A_client_that_has_an_sa_is_told_by_a_request_that_is_written_first()
    {
        Send(RedirectWhen.Drain, "vpn2.example.org");
        using IkeInitiator client = _world.Client(Understands());
        _world.Login(client);
        int writes = _world.Writes.Count;

        _world.Turn(_world.Sa, new IkeInput.Redirect());
        _world.Turn(_world.Sa, new IkeInput.TimerFired());

        Assert.Equal(OwnRequestKind.Redirect, _world.Writes[writes..].Single().State.Own.Pending!.Kind);
        InitiatorStep heard = client.Receive(_world.Sent[^1], _world.Clock.Now);
        Assert.True(GatewayIdentity.TryRead(Redirect(heard.Events).AsSpan(), out GatewayIdentity? gateway, out ReadOnlySpan<byte> nonce));
        Assert.Equal("vpn2.example.org", $"{gateway}");
        Assert.True(nonce.IsEmpty);
        _world.Talk(client, heard);
        Assert.Null(_world.Sa.Own.Pending);
        Assert.Single(_world.Events.OfType<SaEvent.Redirected>());

        _world.Talk(client, client.DeleteIke(_world.Clock.Now));
        Assert.Empty(_world.Sas);
    }

    [Fact]
    public void An_order_to_send_a_client_elsewhere_waits_for_our_request_under_way()
    {
        Send(RedirectWhen.Drain, "vpn2.example.org");
        using IkeInitiator client = _world.Client(Understands());
        _world.Login(client);
        _world.Turn(_world.Sa, new IkeInput.Terminate("net"));
        byte[] delete = _world.Sent[^1];
        _world.Turn(_world.Sa, new IkeInput.Redirect());
        Assert.Equal(OwnRequestKind.DeleteChild, _world.Sa.Own.Pending!.Kind);

        _world.Talk(client, client.Receive(delete, _world.Clock.Now));
        _world.Turn(_world.Sa, new IkeInput.TimerFired());

        Assert.Equal(OwnRequestKind.Redirect, _world.Sa.Own.Pending!.Kind);
    }

    [Fact]
    public void A_client_that_does_not_understand_is_not_told()
    {
        Send(RedirectWhen.Drain, "vpn2.example.org");
        using IkeInitiator client = _world.Client(EngineWorld.Alice());
        _world.Login(client);
        int sent = _world.Sent.Count;

        _world.Turn(_world.Sa, new IkeInput.Redirect());
        _world.Turn(_world.Sa, new IkeInput.TimerFired());

        Assert.Equal(sent, _world.Sent.Count);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1 })]
    [InlineData(new byte[] { 1, 4, 192, 0, 2 })]
    [InlineData(new byte[] { 1, 5, 192, 0, 2, 1, 1 })]
    [InlineData(new byte[] { 2, 4, 192, 0, 2, 1 })]
    [InlineData(new byte[] { 3, 0 })]
    [InlineData(new byte[] { 9, 1, 1 })]
    public void A_gateway_identity_that_is_none_is_refused(byte[] data) =>
        Assert.False(GatewayIdentity.TryRead(data, out _, out _));

    private static InitiatorSettings Understands() => EngineWorld.Alice() with { InitNotifies = [NotifyType.RedirectSupported] };

    private static ImmutableArray<byte> Redirect(ImmutableArray<InitiatorEvent> learned) =>
        learned.OfType<InitiatorEvent.Notified>().Single(notified => notified.Type == NotifyType.Redirect).Data;

    private static byte[] NonceOf(byte[] message)
    {
        IkeHeader.TryRead(message, out IkeHeader header);
        Assert.True(PayloadIndex.TryRead(header.NextPayload, message.AsSpan(IkeHeader.Octets), out PayloadIndex payloads, out _));
        Assert.True(payloads.TryFind(PayloadType.Nonce, out PayloadView nonce));
        return nonce.Body.ToArray();
    }

    private ImmutableArray<InitiatorEvent> LoginWhileDrainBegins(IkeInitiator client)
    {
        OutgoingMessage init = client.Start(_world.Clock.Now).Send.Single();
        byte[] answer = _world.Receive(EngineWorld.SeenByUs(init.Path), init.Message).Single();
        _world.IsDraining = true;
        return _world.Talk(client, client.Receive(answer, _world.Clock.Now));
    }

    private void Send(RedirectWhen when, string to)
    {
        Assert.True(GatewayIdentity.TryParse(to, out GatewayIdentity? gateway));
        _world.Policy = new PolicySet(
            _world.Policy.Connections, _world.Policy.Pools,
            [new SharedSecret("alice", [EngineWorld.Id("alice@example.org")], SecretBytes.CopyOf("correct horse"u8))],
            _world.Policy.Anchors, new IkeTimes())
        {
            Redirect = new RedirectPolicy(when, gateway),
        };
    }
}
