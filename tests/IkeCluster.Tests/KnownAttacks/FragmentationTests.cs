using System.Buffers.Binary;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>Rows 30 to 36: fragments (RFC 7383).</summary>
public sealed class FragmentationTests : IDisposable
{
    private readonly AttackBench _bench = new();

    [Fact]
    [Trait("row", "30")]
    [Trait("row", "35")]
    public void A_fragment_shorter_than_its_own_fields_is_dropped()
    {
        using KeyHolder peer = _bench.Login();
        MessageId id = _bench.StateOf(peer.Spi).Window.Expected;
        for (int body = 0; body < 40; body++)
        {
            byte[] message = AttackBench.Message(
                (ref PayloadWriter writer) => writer.Raw(PayloadType.EncryptedFragment, Fields(1, 1, body)), ExchangeType.Informational,
                peer.PeerSpi.Value, peer.Spi.Value, id.Value);
            Assert.Null(_bench.Send(message));
        }

        Assert.Null(_bench.StateOf(peer.Spi).Window.Reassembly);
        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "31")]
    [Trait("row", "35")]
    [InlineData(0, 1)]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(65535, 65535)]
    [InlineData(1, 65535)]
    public void Fragment_numbers_that_cannot_be_are_dropped(int number, int total)
    {
        using KeyHolder half = _bench.Begin();
        byte[] sealedFragment = half.Seal(ExchangeType.IkeAuth, new MessageId(1), false, PayloadType.None, new byte[40], number, Math.Max(total, 1));
        BinaryPrimitives.WriteUInt16BigEndian(sealedFragment.AsSpan(IkeHeader.Octets + 6), (ushort)total);

        Assert.Null(_bench.Send(sealedFragment));
        Assert.Null(_bench.StateOf(half.Spi).Window.Reassembly);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "33")]
    public void Who_has_not_logged_in_gets_no_more_than_sixteen_kilobytes_kept()
    {
        using KeyHolder half = _bench.Begin();
        for (int number = 1; number <= 16; number++)
        {
            Assert.Null(_bench.Send(half.Seal(ExchangeType.IkeAuth, new MessageId(1), false, PayloadType.None, new byte[1100], number, 60)));
        }

        Assert.Equal(14, _bench.StateOf(half.Spi).Window.Reassembly!.Parts.Count(part => part is not null));
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "31")]
    public void A_total_that_shrinks_and_a_fragment_that_comes_twice_change_nothing()
    {
        using KeyHolder half = _bench.Begin();
        byte[][] parts = Parts(half, 3, out PayloadType first);
        Assert.Null(_bench.Send(Fragment(half, first, parts, 1)));
        Assert.Null(_bench.Send(half.Seal(ExchangeType.IkeAuth, new MessageId(1), false, PayloadType.None, new byte[50], number: 1, total: 3)));
        Assert.Equal(DropReason.FragmentRefused, _bench.LastDrop);
        Assert.Null(_bench.Send(half.Seal(ExchangeType.IkeAuth, new MessageId(1), false, PayloadType.None, new byte[50], number: 2, total: 2)));
        Assert.Equal(DropReason.FragmentRefused, _bench.LastDrop);

        Assert.Null(_bench.Send(Fragment(half, first, parts, 2)));
        Assert.NotNull(_bench.Send(Fragment(half, first, parts, 3)));
        Assert.True(_bench.StateOf(half.Spi).IsEstablished);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "32")]
    public void A_fragment_whose_ICV_is_wrong_is_not_stored()
    {
        using KeyHolder half = _bench.Begin();
        byte[][] parts = Parts(half, 2, out PayloadType first);
        byte[] spoiled = Fragment(half, first, parts, 1);
        spoiled[^1] ^= 1;
        Assert.Null(_bench.Send(spoiled));
        Assert.Null(_bench.StateOf(half.Spi).Window.Reassembly);

        // The honest ones are not hindered by it.
        Assert.Null(_bench.Send(Fragment(half, first, parts, 1)));
        Assert.NotNull(_bench.Send(Fragment(half, first, parts, 2)));
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "32")]
    public void Fragments_that_never_become_a_message_go_with_their_handshake()
    {
        using KeyHolder half = _bench.Begin();
        for (int number = 1; number < Limits.FragmentsPerMessageMax; number++)
        {
            Assert.Null(_bench.Send(half.Seal(
                ExchangeType.IkeAuth, new MessageId(1), false, PayloadType.IdInitiator, new byte[1000], number, Limits.FragmentsPerMessageMax)));
        }

        Assert.NotNull(_bench.StateOf(half.Spi).Window.Reassembly);
        _bench.AssertUnharmed();
        Assert.Null(_bench.Find(half.Spi));
    }

    [Fact]
    [Trait("row", "33")]
    public void A_fragment_of_a_message_that_is_not_awaited_is_dropped()
    {
        using KeyHolder peer = _bench.Login();
        uint next = _bench.StateOf(peer.Spi).Window.Expected.Value;
        foreach (uint id in (uint[])[next + 1, next + 1000, uint.MaxValue])
        {
            Assert.Null(_bench.Send(peer.Seal(ExchangeType.Informational, new MessageId(id), false, PayloadType.None, [], number: 1, total: 2)));
        }

        // Nor an answer to what was never asked.
        Assert.Null(_bench.Send(peer.Seal(ExchangeType.Informational, new MessageId(0), true, PayloadType.None, [], number: 1, total: 2)));
        Assert.Null(_bench.StateOf(peer.Spi).Window.Reassembly);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "34")]
    public void As_many_fragments_as_there_may_be_are_taken_in_any_order()
    {
        using KeyHolder half = _bench.Begin();
        byte[][] parts = Parts(half, Limits.FragmentsPerMessageMax, out PayloadType first);
        byte[]? reply = null;
        for (int number = parts.Length; number >= 1; number--)
        {
            reply = _bench.Send(Fragment(half, first, parts, number));
            Assert.Equal(number == 1, reply is not null);
        }

        Assert.NotNull(reply);
        Assert.Null(_bench.Send(half.Seal(
            ExchangeType.Informational, new MessageId(2), false, PayloadType.None, [], number: 1, total: Limits.FragmentsPerMessageMax + 1)));
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "36")]
    public void Whole_or_in_fragments_a_message_is_taken_once()
    {
        using KeyHolder half = _bench.Begin();
        byte[] plain = _bench.Plain(half, out PayloadType first);
        byte[][] parts = Parts(half, 2, out _);
        Assert.Null(_bench.Send(Fragment(half, first, parts, 1)));
        byte[] answer = _bench.Send(half.Seal(ExchangeType.IkeAuth, new MessageId(1), false, first, plain))!;
        Assert.Null(_bench.Send(Fragment(half, first, parts, 2)));

        Assert.Null(_bench.StateOf(half.Spi).Window.Reassembly);
        Assert.Equal(answer, _bench.Send(Fragment(half, first, parts, 1)));
        Assert.Single(_bench.StateOf(half.Spi).Children);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "36")]
    public void Fragments_from_a_peer_that_never_spoke_of_them_are_dropped()
    {
        using KeyHolder half = _bench.Begin((ref PayloadWriter writer) =>
        {
            writer.Sa(Policies.Ike("aes256gcm16-prfsha384-x25519"), []);
            writer.Ke(KeyExchangeMethod.Curve25519, AttackBench.X25519Value);
            writer.Nonce(new byte[32]);
        });
        byte[][] parts = Parts(half, 2, out PayloadType first);
        Assert.Null(_bench.Send(Fragment(half, first, parts, 1)));
        Assert.Null(_bench.Send(Fragment(half, first, parts, 2)));

        Assert.Equal(DropReason.FragmentRefused, _bench.LastDrop);
        Assert.False(_bench.StateOf(half.Spi).IsEstablished);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "36")]
    public void What_a_later_fragment_says_of_the_first_payload_does_not_count()
    {
        using KeyHolder half = _bench.Begin();
        byte[][] parts = Parts(half, 2, out PayloadType first);
        Assert.Null(_bench.Send(half.Seal(ExchangeType.IkeAuth, new MessageId(1), false, PayloadType.Delete, parts[1], number: 2, total: 2)));
        Assert.NotNull(_bench.Send(Fragment(half, first, parts, 1)));

        Assert.True(_bench.StateOf(half.Spi).IsEstablished);
        _bench.AssertUnharmed();
    }

    private static byte[] Fields(int number, int total, int octets)
    {
        byte[] fields = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(fields, (ushort)number);
        BinaryPrimitives.WriteUInt16BigEndian(fields.AsSpan(2), (ushort)total);
        return [.. fields.Take(octets), .. new byte[Math.Max(0, octets - fields.Length)]];
    }

    private byte[][] Parts(KeyHolder half, int count, out PayloadType first)
    {
        byte[] plain = _bench.Plain(half, out first);
        int size = plain.Length / count;
        return [.. Enumerable.Range(0, count).Select(i => i == count - 1 ? plain[(i * size)..] : plain[(i * size)..((i + 1) * size)])];
    }

    private static byte[] Fragment(KeyHolder half, PayloadType first, byte[][] parts, int number) => half.Seal(
        ExchangeType.IkeAuth, new MessageId(1), false, number == 1 ? first : PayloadType.None, parts[number - 1], number, parts.Length);

    public void Dispose() => _bench.Dispose();
}
