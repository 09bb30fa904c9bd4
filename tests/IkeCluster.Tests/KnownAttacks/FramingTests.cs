using System.Buffers.Binary;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>Rows 1 to 14: header, framing and the chain of payloads.</summary>
public sealed class FramingTests : IDisposable
{
    private const int VersionAt = 17;
    private const int FlagsAt = 19;
    private const int FirstLengthAt = IkeHeader.Octets + 2;

    private readonly AttackBench _bench = new();

    [Fact]
    [Trait("row", "1")]
    public void A_datagram_shorter_than_its_header_is_dropped()
    {
        byte[] init = _bench.Init(AttackBench.Good);
        for (int octets = 0; octets < IkeHeader.Octets; octets++)
        {
            Assert.Null(_bench.Send(init[..octets]));
        }

        Assert.Equal(0, _bench.Others);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "1")]
    public void Of_other_versions_only_the_higher_ones_are_answered()
    {
        for (int major = 0; major < 16; major++)
        {
            byte[] init = _bench.Init(AttackBench.Good);
            init[VersionAt] = (byte)(major << 4);
            byte[]? reply = _bench.SendAsStranger(init);
            bool isTold = reply is not null && reply[^1] == (byte)NotifyType.InvalidMajorVersion && reply.Length == IkeHeader.Octets + 8;
            Assert.Equal(major > 2, isTold);
            Assert.Equal(major == 2 || isTold, reply is not null);
        }

        Assert.Equal(1, _bench.Others);
        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "2")]
    [InlineData(false)]
    [InlineData(true)]
    public void Payload_types_of_version_1_are_unknown_ones(bool isCritical)
    {
        for (byte type = 1; type <= 32; type++)
        {
            byte[]? reply = _bench.SendAsStranger(_bench.Init((ref PayloadWriter writer) =>
            {
                writer.Raw((PayloadType)type, new byte[20], isCritical);
                AttackBench.Good(ref writer);
            }));
            Assert.Equal(isCritical ? NotifyType.UnsupportedCriticalPayload : NotifyType.None, RefusalIn(reply));
            Assert.True(!isCritical || reply![^1] == type);
        }

        Assert.Equal(isCritical ? 0 : 32, _bench.Others);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "3")]
    [Trait("row", "13")]
    public void A_first_message_without_a_mandatory_payload_makes_nothing()
    {
        for (int without = 1; without < 8; without++)
        {
            Assert.Null(_bench.Send(_bench.Init((ref PayloadWriter writer) => Init(ref writer, without))));
        }

        Assert.Equal(0, _bench.Others);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "3")]
    [Trait("row", "11")]
    [Trait("row", "13")]
    public void An_IKE_AUTH_without_a_mandatory_payload_makes_no_child()
    {
        // Every combination of IDi, AUTH, SA, TSi and TSr.
        for (int without = 1; without < 32; without++)
        {
            using KeyHolder half = _bench.Begin();
            Answer? answer = _bench.Ask(half, ExchangeType.IkeAuth, (ref PayloadWriter writer) => Auth(ref writer, half, without));
            Assert.NotNull(answer);
            Assert.False(answer.Index().TryFind(PayloadType.TsInitiator, out _));
            Assert.Equal(0, _bench.Find(half.Spi)?.Children.Length ?? 0);

            // Without SA, TSi and TSr altogether it may be a wish for no child (RFC 6023); a part of them is none.
            bool hasProof = (without & 3) == 0;
            Assert.True(hasProof || _bench.Find(half.Spi) is null);
            Assert.True(without == 28 || answer.Refusal != NotifyType.None);
        }

        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "4")]
    [InlineData(62, true)]
    [InlineData(63, true)]
    [InlineData(64, false)]
    [InlineData(65, false)]
    public void Unknown_payloads_in_front_of_a_fragment_fill_the_table_and_no_more(int count, bool isTaken)
    {
        using KeyHolder half = _bench.Begin();
        byte[] plain = _bench.Plain(half, out PayloadType first);
        byte[] before = new byte[4 * count];
        for (int i = 0; i < count; i++)
        {
            before[4 * i] = i == count - 1 ? (byte)PayloadType.EncryptedFragment : (byte)200;
            before[(4 * i) + 3] = 4;
        }

        byte[]? reply = _bench.Send(half.Seal(
            ExchangeType.IkeAuth, new MessageId(1), isResponse: false, first, plain, number: 1, total: 1, before: before, beforeType: (PayloadType)200));

        Assert.Equal(isTaken, reply is not null);
        Assert.Equal(isTaken, _bench.StateOf(half.Spi).IsEstablished);
        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "5")]
    [Trait("row", "6")]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(0xffff)]
    public void A_payload_length_that_leads_nowhere_ends_the_message(int length)
    {
        byte[] init = _bench.Init(AttackBench.Good);
        BinaryPrimitives.WriteUInt16BigEndian(init.AsSpan(FirstLengthAt), (ushort)length);
        Assert.Null(_bench.Send(init));

        using KeyHolder peer = _bench.Login();
        byte[] request = _bench.Seal(peer, ExchangeType.Informational, (ref PayloadWriter writer) =>
        {
            writer.Notify(NotifyType.InitialContact);
            BinaryPrimitives.WriteUInt16BigEndian(writer.Chain[2..], (ushort)length);
        });

        // RFC 7296 §2.21.3: one who holds the keys is told, and what he thinks of the SA no longer counts.
        Assert.Equal(NotifyType.InvalidSyntax, new Answer(peer.Open(_bench.Send(request)!)!).Refusal);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "7")]
    public void Reserved_bits_are_ignored()
    {
        byte[] init = _bench.Init(AttackBench.Good);
        init[FlagsAt] |= 0xc7;
        init[IkeHeader.Octets + 1] = 0x7f;
        Assert.Equal(NotifyType.None, RefusalIn(_bench.SendAsStranger(init)));
        Assert.Equal(1, _bench.Others);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "8")]
    [Trait("row", "12")]
    public void A_message_for_no_SA_is_dropped_whatever_it_holds()
    {
        foreach (ExchangeType exchange in Enum.GetValues<ExchangeType>().Where(one => one != ExchangeType.IkeSaInit))
        {
            Assert.Null(_bench.Send(AttackBench.Message((ref PayloadWriter _) => { }, exchange, 1, 2, 0)));
            Assert.Null(_bench.Send(AttackBench.Message((ref PayloadWriter writer) => writer.Raw(PayloadType.Encrypted, []), exchange, 1, 2, 0)));
            Assert.Null(_bench.Send(AttackBench.Message((ref PayloadWriter writer) => writer.DeleteIke(), exchange, 1, 2, 7)));
        }

        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "9")]
    [Trait("row", "10")]
    [Trait("row", "13")]
    [InlineData(ExchangeType.Informational)]
    [InlineData(ExchangeType.CreateChildSa)]
    [InlineData(ExchangeType.IkeIntermediate)]
    public void Another_exchange_in_the_place_of_IKE_AUTH_is_dropped(ExchangeType exchange)
    {
        byte[] reply = _bench.Send(_bench.Init(AttackBench.Good, spi: 77))!;
        Assert.True(IkeHeader.TryRead(reply, out IkeHeader header));
        byte[] garbage = AttackBench.Message(
            (ref PayloadWriter writer) => writer.Raw(PayloadType.Encrypted, new byte[80]), exchange, 77, header.ResponderSpi.Value, 1);
        Assert.Null(_bench.Send(garbage));

        // And with the true keys, before anybody has proved anything.
        using KeyHolder half = _bench.Begin();
        Assert.Null(_bench.Send(_bench.Seal(half, exchange, (ref PayloadWriter writer) => writer.DeleteIke())));
        Assert.False(_bench.StateOf(half.Spi).IsEstablished);
        Assert.Equal(NotifyType.None, _bench.Ask(half, ExchangeType.IkeAuth, (ref PayloadWriter writer) => _bench.GoodAuth(ref writer, half))!.Refusal);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "10")]
    public void A_refused_first_message_leaves_nothing_that_a_later_one_could_use()
    {
        byte[] refused = _bench.Init((ref PayloadWriter writer) => Init(ref writer, without: 4), spi: 78);
        Assert.Null(_bench.Send(refused));
        Assert.Null(_bench.Send(AttackBench.Message(
            (ref PayloadWriter writer) => writer.Raw(PayloadType.Encrypted, new byte[80]), ExchangeType.CreateChildSa, 78, 0, 1)));
        Assert.Equal(0, _bench.Others);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "14")]
    public void Ten_messages_of_a_fuzzer_make_nothing()
    {
        byte[] good = _bench.Init(AttackBench.Good);
        byte[][] messages =
        [
            With(good, at: 18, value: 0),
            With(good, at: 16, value: 0),
            With(good, at: IkeHeader.Octets, value: 0),
            With(good, at: IkeHeader.Octets + BinaryPrimitives.ReadUInt16BigEndian(good.AsSpan(FirstLengthAt)), value: 0),
            With(good, at: IkeHeader.Octets, value: 2),
            With(good, at: 16, value: (byte)PayloadType.Encrypted),
            _bench.Init((ref PayloadWriter writer) => Init(ref writer, without: 2)),
            _bench.Init((ref PayloadWriter writer) =>
            {
                Init(ref writer, without: 2);
                writer.Raw(PayloadType.Ke, []);
            }),
            _bench.Init((ref PayloadWriter _) => { }),
            AttackBench.Message((ref PayloadWriter writer) => writer.Raw(PayloadType.Encrypted, "clear text"u8), ExchangeType.IkeAuth, 5, 6, 1),
        ];
        Assert.All(messages, message => Assert.True(_bench.SendAsStranger(message) is null or { Length: IkeHeader.Octets + 8 }));
        Assert.Equal(0, _bench.Others);
        _bench.AssertUnharmed();
    }

    private static byte[] With(byte[] message, int at, byte value)
    {
        byte[] changed = [.. message];
        changed[at] = value;
        return changed;
    }

    private static void Init(ref PayloadWriter writer, int without)
    {
        if ((without & 1) == 0)
        {
            writer.Sa(Policies.Ike("aes256gcm16-prfsha384-x25519"), []);
        }

        if ((without & 2) == 0)
        {
            writer.Ke(KeyExchangeMethod.Curve25519, AttackBench.X25519Value);
        }

        if ((without & 4) == 0)
        {
            writer.Nonce(new byte[32]);
        }
    }

    private void Auth(ref PayloadWriter writer, KeyHolder half, int without)
    {
        Identity alice = Policies.Id("alice@example.org");
        if ((without & 1) == 0)
        {
            writer.Id(PayloadType.IdInitiator, alice);
        }

        if ((without & 2) == 0)
        {
            writer.Auth(AuthMethod.SharedKey, _bench.Proof(half, alice));
        }

        AttackBench.WantsAddress(ref writer);
        if ((without & 4) == 0)
        {
            writer.Sa(Policies.Esp("aes256gcm16"), [0, 0, 4, 1]);
        }

        if ((without & 8) == 0)
        {
            writer.Ts(PayloadType.TsInitiator, [TrafficSelector.AllV4]);
        }

        if ((without & 16) == 0)
        {
            writer.Ts(PayloadType.TsResponder, [TrafficSelector.AllV4]);
        }
    }

    private static NotifyType RefusalIn(byte[]? reply) =>
        reply is { Length: > IkeHeader.Octets } && IkeHeader.TryRead(reply, out IkeHeader header)
            ? new Answer(new IkeCluster.Engine.Protection.InnerMessage(header.NextPayload, reply[IkeHeader.Octets..])).Refusal
            : NotifyType.None;

    public void Dispose() => _bench.Dispose();
}
