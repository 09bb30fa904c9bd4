using IkeCluster.Crypto.KeyExchange;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>Rows 24 to 29: key exchange values and nonces. The values themselves are judged in PeerValueTests.</summary>
public sealed class KeyExchangeValueTests : IDisposable
{
    private readonly AttackBench _bench = new(Policies.Of(Policies.RoadWarrior with
    {
        Proposals = [Policies.Ike("aes256gcm16-prfsha384-x25519"), Policies.Ike("aes256gcm16-prfsha384-modp2048"), Policies.Ike("aes256gcm16-prfsha384-ecp256")],
    }));

    public static TheoryData<string, KeyExchangeMethod, byte[]> BadValues => new()
    {
        { "modp2048", KeyExchangeMethod.Modp2048, new byte[256] },
        { "modp2048", KeyExchangeMethod.Modp2048, [.. new byte[255], 1] },
        { "modp2048", KeyExchangeMethod.Modp2048, [.. Enumerable.Repeat((byte)0xff, 256)] },
        { "x25519", KeyExchangeMethod.Curve25519, new byte[32] },
        { "x25519", KeyExchangeMethod.Curve25519, [1, .. new byte[31]] },
        { "ecp256", KeyExchangeMethod.Ecp256, new byte[64] },
        { "ecp256", KeyExchangeMethod.Ecp256, [.. new byte[63], 1] },
    };

    [Theory]
    [Trait("row", "24")]
    [Trait("row", "25")]
    [Trait("row", "27")]
    [MemberData(nameof(BadValues))]
    public void A_value_that_no_honest_peer_sends_ends_its_handshake_and_no_other(string group, KeyExchangeMethod method, byte[] value)
    {
        byte[] reply = _bench.Send(_bench.Init((ref PayloadWriter writer) => Init(ref writer, group, method, value, nonceOctets: 32)))!;
        Assert.True(IkeHeader.TryRead(reply, out IkeHeader header));

        // The secret is computed when IKE_AUTH comes, and only then is there something to refuse.
        Assert.Null(_bench.Send(AttackBench.Message(
            (ref PayloadWriter writer) => writer.Raw(PayloadType.Encrypted, new byte[100]), ExchangeType.IkeAuth, header.InitiatorSpi.Value,
            header.ResponderSpi.Value, 1)));

        Assert.Null(_bench.Find(header.ResponderSpi));
        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "26")]
    [InlineData("modp2048", KeyExchangeMethod.Modp2048, 256)]
    [InlineData("x25519", KeyExchangeMethod.Curve25519, 32)]
    [InlineData("ecp256", KeyExchangeMethod.Ecp256, 64)]
    public void A_value_has_exactly_the_length_of_its_group(string group, KeyExchangeMethod method, int octets)
    {
        Assert.Equal(octets, KeyExchange.PublicValueOctets(method));
        foreach (int wrong in (int[])[0, 1, octets - 1, octets + 1, 2 * octets, 3000])
        {
            byte[]? reply = _bench.SendAsStranger(_bench.Init((ref PayloadWriter writer) => Init(ref writer, group, method, new byte[wrong], nonceOctets: 32)));
            Assert.True(reply is null || Refusal(reply) == NotifyType.InvalidSyntax);
        }

        Assert.Equal(0, _bench.Others);
        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "29")]
    [InlineData(0, false)]
    [InlineData(15, false)]
    [InlineData(24, true)]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void A_nonce_of_a_length_that_cannot_be_makes_nothing(int octets, bool isTaken)
    {
        _bench.Send(_bench.Init((ref PayloadWriter writer) => Init(ref writer, "x25519", KeyExchangeMethod.Curve25519, AttackBench.X25519Value, octets)));
        Assert.Equal(isTaken ? 1 : 0, _bench.Others);

        using KeyHolder peer = _bench.Login();
        Answer? answer = _bench.Ask(peer, ExchangeType.CreateChildSa, (ref PayloadWriter writer) =>
        {
            AttackBench.GoodChild(ref writer);
            writer.Nonce(new byte[octets]);
        });
        Assert.Equal(isTaken ? NotifyType.None : NotifyType.InvalidSyntax, answer!.Refusal);
        _bench.AssertUnharmed();
    }

    private static void Init(ref PayloadWriter writer, string group, KeyExchangeMethod method, byte[] value, int nonceOctets)
    {
        writer.Sa(Policies.Ike($"aes256gcm16-prfsha384-{group}"), []);
        writer.Ke(method, value);
        writer.Nonce(new byte[nonceOctets]);
    }

    private static NotifyType Refusal(byte[] reply)
    {
        Assert.True(IkeHeader.TryRead(reply, out IkeHeader header));
        return new Answer(new IkeCluster.Engine.Protection.InnerMessage(header.NextPayload, reply[IkeHeader.Octets..])).Refusal;
    }

    public void Dispose() => _bench.Dispose();
}
