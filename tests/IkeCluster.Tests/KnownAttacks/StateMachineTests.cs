using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.TestKit.Initiator;
using IkeCluster.Tests.Cluster;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>Rows 62 to 71: states, rekeys, deletes, who may do what.</summary>
public sealed class StateMachineTests : IDisposable
{
    private readonly AttackBench _bench = new();

    [Fact]
    [Trait("row", "62")]
    public void A_rekey_of_an_SA_that_nobody_has_authenticated_establishes_nothing()
    {
        using KeyHolder half = _bench.Begin();
        int others = _bench.Others;
        Assert.Null(_bench.Send(_bench.Seal(half, ExchangeType.CreateChildSa, (ref PayloadWriter writer) =>
        {
            writer.Sa(Policies.Ike("aes256gcm16-prfsha384-x25519"), [1, 2, 3, 4, 5, 6, 7, 8]);
            writer.Nonce(new byte[32]);
            writer.Ke(KeyExchangeMethod.Curve25519, AttackBench.X25519Value);
        })));

        Assert.Equal(DropReason.UnexpectedExchange, _bench.LastDrop);
        Assert.Equal((SaPhase.HalfOpen, others), (_bench.StateOf(half.Spi).Phase, _bench.Others));
        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "63")]
    [InlineData(SecurityProtocol.None, 4)]
    [InlineData(SecurityProtocol.Ike, 8)]
    [InlineData(SecurityProtocol.Esp, 0)]
    [InlineData(SecurityProtocol.Esp, 3)]
    [InlineData(SecurityProtocol.Esp, 255)]
    [InlineData((SecurityProtocol)200, 16)]
    public void A_rekey_of_what_cannot_be_a_child_is_refused_without_an_echo(SecurityProtocol protocol, int spiOctets)
    {
        using KeyHolder peer = _bench.Login();
        Answer answer = _bench.Ask(peer, ExchangeType.CreateChildSa, (ref PayloadWriter writer) =>
        {
            writer.Notify(NotifyType.RekeySa, [], protocol, new byte[spiOctets]);
            AttackBench.GoodChild(ref writer);
            writer.Nonce(new byte[32]);
        })!;

        Assert.True(answer.Index().TryFindNotify(NotifyType.ChildSaNotFound, out NotifyPayload notify));
        Assert.Equal((SecurityProtocol.None, 0, 0), (notify.Protocol, notify.Spi.Length, notify.Data.Length));
        Assert.Single(_bench.StateOf(peer.Spi).Children);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "64")]
    public void Traffic_selectors_that_do_not_add_up_make_no_child()
    {
        byte[] v4 = [7, 0, 0, 16, 0, 0, 0xff, 0xff, 10, 0, 0, 0, 10, 0, 0, 255];
        byte[][] bodies =
        [
            [],
            [1, 0, 0],
            [2, 0, 0, 0, .. v4],
            [255, 0, 0, 0, .. v4],
            [1, 0, 0, 0, .. v4, .. v4],
            [1, 0, 0, 0, .. v4[..^1]],
            [1, 0, 0, 0, 7, 0, 0, 3, .. v4[4..]],
            [1, 0, 0, 0, 7, 0, 0, 40, .. v4[4..]],
            [1, 0, 0, 0, 9, 0, 0, 16, .. v4[4..]],
            [0, 0, 0, 0],
        ];
        foreach (byte[] body in bodies)
        {
            using KeyHolder peer = _bench.Login();
            Answer answer = _bench.Ask(peer, ExchangeType.CreateChildSa, (ref PayloadWriter writer) =>
            {
                writer.Sa(Policies.Esp("aes256gcm16"), [0, 0, 4, 2]);
                writer.Nonce(new byte[32]);
                writer.Raw(PayloadType.TsInitiator, body);
                writer.Ts(PayloadType.TsResponder, [TrafficSelector.AllV4]);
            })!;

            Assert.Contains(answer.Refusal, (NotifyType[])[NotifyType.InvalidSyntax, NotifyType.TsUnacceptable]);
            Assert.InRange(_bench.Find(peer.Spi)?.Children.Length ?? 0, 0, 1);
        }

        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "65")]
    public void What_is_deleted_twice_in_one_message_is_deleted_once()
    {
        using KeyHolder peer = _bench.Login();
        EspSpi spi = _bench.StateOf(peer.Spi).Children.Single().OutboundSpi;
        Answer answer = _bench.Ask(peer, ExchangeType.Informational, (ref PayloadWriter writer) =>
        {
            writer.DeleteChildren(SecurityProtocol.Esp, [spi, spi]);
            writer.DeleteChildren(SecurityProtocol.Esp, [spi]);
        })!;

        Assert.True(answer.Index().TryFind(PayloadType.Delete, out PayloadView body));
        Assert.True(DeletePayload.TryRead(body.Body, out DeletePayload delete, out _));
        Assert.Equal(1, delete.Count);
        Assert.Single(_bench.World.Events.Story.OfType<SaEvent.ChildRemoved>());
        Assert.Empty(_bench.StateOf(peer.Spi).Children);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "65")]
    public void Nothing_behind_a_Delete_of_the_IKE_SA_acts_on_it()
    {
        using KeyHolder peer = _bench.Login();
        EspSpi spi = _bench.StateOf(peer.Spi).Children.Single().OutboundSpi;
        byte[] request = _bench.Seal(peer, ExchangeType.Informational, (ref PayloadWriter writer) =>
        {
            writer.DeleteIke();
            writer.DeleteIke();
            writer.DeleteChildren(SecurityProtocol.Esp, [spi]);
            writer.Notify(NotifyType.UpdateSaAddresses);
        });
        byte[]? answer = _bench.Send(request);

        Assert.Equal(0, new Answer(peer.Open(answer!)!).Index().Count);
        Assert.Null(_bench.Find(peer.Spi));
        Assert.Single(_bench.World.Events.Story.OfType<SaEvent.Ended>());
        Assert.Equal(answer, _bench.Send(request));
        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "66")]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.1", "@192.0.2.1", false)]
    [InlineData("192.0.2.1", "@@192.0.2.1", false)]
    [InlineData("*@example.org", "@alice@example.org", false)]
    [InlineData("alice.example.org", "keyid:alice.example.org", false)]
    public void An_identity_of_another_type_is_another_identity(string configured, string claimed, bool isMet) =>
        Assert.Equal(isMet, Policies.Id(configured).Match(Policies.Id(claimed)) > 0);

    [Fact]
    [Trait("row", "67")]
    public void A_login_without_a_secret_for_it_is_gone_at_once()
    {
        using KeyHolder half = _bench.Begin();
        byte[] request = _bench.Seal(half, ExchangeType.IkeAuth, (ref PayloadWriter writer) =>
        {
            writer.Id(PayloadType.IdInitiator, Policies.Id("mallory@example.org"));
            writer.Auth(AuthMethod.SharedKey, new byte[48]);
            AttackBench.GoodChild(ref writer);
        });
        byte[] answer = _bench.Send(request)!;

        Assert.Equal(NotifyType.AuthenticationFailed, new Answer(half.Open(answer)!).Refusal);
        Assert.Null(_bench.Find(half.Spi));
        Assert.Equal(0, _bench.Others);
        Assert.True(_bench.Send(request) is not { } again || again.AsSpan().SequenceEqual(answer));
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "68")]
    [Trait("row", "69")]
    public void One_turned_bit_anywhere_makes_a_message_that_never_was()
    {
        using KeyHolder peer = _bench.Login();
        byte[] request = _bench.Seal(peer, ExchangeType.Informational, (ref PayloadWriter writer) => writer.DeleteIke());
        IkeSaState before = _bench.StateOf(peer.Spi);
        DatagramPath elsewhere = AttackBench.Path with { Remote = new UdpEndpoint(IpAddress.V4(0xc6120063), 4500) };
        for (int bit = 0; bit < 8 * request.Length; bit++)
        {
            byte[] turned = [.. request];
            turned[bit / 8] ^= (byte)(1 << (bit % 8));
            byte[]? reply = _bench.Send(turned, elsewhere);

            // Only a version that we do not speak is answered, by anybody and without a look at any SA.
            Assert.True(reply is null || bit / 8 == 17);
            Assert.Same(before, _bench.StateOf(peer.Spi));
        }

        Assert.NotNull(_bench.Send(request));
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "70")]
    public void An_answer_to_our_own_rekey_that_makes_no_sense_ends_the_SA_once()
    {
        ConnectionPolicy hasty = Policies.RoadWarrior with { RekeyTime = TimeSpan.FromMinutes(5), RandTime = TimeSpan.Zero };
        WriteChain[] answers =
        [
            (ref PayloadWriter _) => { },
            (ref PayloadWriter writer) => writer.Raw(PayloadType.Sa, [0, 0, 0, 200, 1, 1, 8, 1]),
            (ref PayloadWriter writer) => writer.Sa(Policies.Ike("aes128-sha256-modp1024"), [1, 2, 3, 4, 5, 6, 7, 8]),
            (ref PayloadWriter writer) => writer.Sa(Policies.Ike("aes256gcm16-prfsha384-x25519"), []),
            (ref PayloadWriter writer) =>
            {
                writer.Sa(Policies.Ike("aes256gcm16-prfsha384-x25519"), new byte[8]);
                writer.Nonce(new byte[32]);
                writer.Ke(KeyExchangeMethod.Curve25519, new byte[32]);
            },
        ];
        foreach (WriteChain answer in answers)
        {
            using LoopWorld world = LoopWorld.WithRealEngine(hasty);
            using var peer = new RealPeer(world, seed: 9);
            peer.Login();
            peer.Initiator.Hooks.Alter = (exchange, isResponse, payloads) =>
                exchange == ExchangeType.CreateChildSa && isResponse ? Chain(answer) : payloads;
            for (int i = 0; i < 40; i++)
            {
                world.Pass(TimeSpan.FromSeconds(10));
                peer.Listen();
            }

            Assert.Empty(world.Events.Exceptions);
            Assert.InRange(world.Events.Story.OfType<SaEvent.Ended>().Count(), 0, 1);
            Assert.InRange(world.Established, 0, 1);
        }
    }

    [Fact]
    [Trait("row", "71")]
    public void A_request_is_executed_once_and_answered_alike_each_time()
    {
        using KeyHolder peer = _bench.Login();
        MessageId id = _bench.StateOf(peer.Spi).Window.Expected;
        byte[] request = _bench.Seal(peer, ExchangeType.CreateChildSa, (ref PayloadWriter writer) =>
        {
            AttackBench.GoodChild(ref writer);
            writer.Nonce(new byte[32]);
        });
        byte[] answer = _bench.Send(request)!;
        Assert.Equal(2, _bench.StateOf(peer.Spi).Children.Length);

        Assert.Equal(answer, _bench.Send(request));
        byte[]? other = _bench.Send(peer.Seal(ExchangeType.Informational, id, isResponse: false, PayloadType.Delete, [0, 0, 0, 8, 1, 0, 0, 0]));
        Assert.True(other is null || other.AsSpan().SequenceEqual(answer));
        foreach (uint odd in (uint[])[id.Value - 1, id.Value + 2, id.Value + 1000, uint.MaxValue])
        {
            Assert.Null(_bench.Send(peer.Seal(ExchangeType.Informational, new MessageId(odd), isResponse: false, PayloadType.None, [])));
        }

        Assert.Equal(2, _bench.StateOf(peer.Spi).Children.Length);
        _bench.AssertUnharmed();
    }

    private static PayloadChain Chain(WriteChain write) => PayloadChain.Of((ref PayloadWriter writer) => write(ref writer));

    public void Dispose() => _bench.Dispose();
}
