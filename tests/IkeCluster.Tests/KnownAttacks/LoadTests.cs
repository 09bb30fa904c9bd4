using System.Buffers.Binary;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>Rows 22, 23 and 72 to 83: load, amplification, memory. Nothing else runs while memory is measured.</summary>
[Collection("measured alone")]
public sealed class LoadTests : IDisposable
{
    private static readonly Proposal Sound = Policies.Ike("aes256gcm16-prfsha384-x25519");

    private readonly AttackBench _bench = new();

    [Fact]
    [Trait("row", "22")]
    [Trait("row", "23")]
    [Trait("row", "73")]
    [Trait("row", "81")]
    public void A_hundred_thousand_malformed_first_messages_leave_memory_as_it_was()
    {
        byte[][] inits =
        [
            _bench.Init((ref PayloadWriter writer) => Init(ref writer, Sound with { Transforms = [] }, KeyExchangeMethod.Curve25519)),
            _bench.Init((ref PayloadWriter writer) => Init(ref writer, Sound, (KeyExchangeMethod)1025)),
            [.. _bench.Init(AttackBench.Good)[..60], 0, 0],
            _bench.Init((ref PayloadWriter writer) =>
            {
                AttackBench.Good(ref writer);
                writer.Raw((PayloadType)99, new byte[100], critical: true);
            }),
        ];
        Array.ForEach(inits, init => BinaryPrimitives.WriteUInt32BigEndian(init.AsSpan(24), (uint)init.Length));
        Flood(inits, times: 1_000);
        long before = GC.GetTotalMemory(forceFullCollection: true);

        Flood(inits, times: 25_000);

        Assert.Equal(0, _bench.Others);
        Assert.Equal(0, _bench.World.HalfOpen.Count);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 1_000_000);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "73")]
    [Trait("row", "81")]
    public void Handshakes_that_fail_leave_memory_as_it_was()
    {
        FailLogins(times: 100);
        long before = GC.GetTotalMemory(forceFullCollection: true);

        FailLogins(times: 2_000);

        Assert.Equal(0, _bench.Others);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 1_000_000);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "72")]
    public void One_request_brings_on_one_reply_however_long_nobody_answers_it()
    {
        byte[] init = _bench.Init(AttackBench.Good);
        Assert.NotNull(_bench.SendAsStranger(init));
        int sent = SentToAttacker();
        _bench.World.Pass(TimeSpan.FromMinutes(2));

        Assert.Equal(sent, SentToAttacker());
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "74")]
    [Trait("row", "75")]
    public void The_largest_messages_take_a_time_that_goes_with_their_size()
    {
        // Every payload that can nest, filled to the limit of a message; the peer holds the keys.
        using KeyHolder peer = _bench.Login();
        byte[][] chains =
        [
            [.. Enumerable.Range(0, 16_000).SelectMany(_ => (byte[])[200, 0, 0, 4])],
            [33, 0, 0xf0, 0, .. Enumerable.Range(0, 7_600).SelectMany(_ => (byte[])[2, 0, 0, 8, 1, 3, 0, 0])],
            [44, 0, 0xf0, 0, 255, 0, 0, 0, .. new byte[61_000]],
            [47, 0, 0xf0, 0, 1, 0, 0, 0, .. new byte[61_000]],
        ];
        foreach (byte[] chain in chains)
        {
            byte[] message = peer.Seal(
                ExchangeType.CreateChildSa, _bench.StateOf(peer.Spi).Window.Expected, isResponse: false, (PayloadType)200, chain.AsSpan(0, 60_000));
            long ticks = System.Diagnostics.Stopwatch.GetTimestamp();
            _bench.World.Loop.Receive(AttackBench.Path, message.AsMemory().ToArray());
            Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(ticks).TotalSeconds, 0, 1);
        }

        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "83")]
    public void SPIs_that_cannot_be_make_nothing()
    {
        Assert.Null(_bench.Send(AttackBench.Message(AttackBench.Good, ExchangeType.IkeSaInit, spii: 0, spir: 0, id: 0)));
        Assert.Null(_bench.Send(AttackBench.Message(AttackBench.Good, ExchangeType.IkeSaInit, spii: 7, spir: 8, id: 0)));
        Assert.Null(_bench.Send(AttackBench.Message(AttackBench.Good, ExchangeType.IkeSaInit, spii: 7, spir: 0, id: 1)));
        Assert.Equal(0, _bench.Others);
        _bench.AssertUnharmed();
    }

    private int SentToAttacker() => _bench.World.Sender.Sent.Count(one => one.Path.Remote == AttackBench.Path.Remote);

    private void FailLogins(int times)
    {
        for (int i = 0; i < times; i++)
        {
            using KeyHolder half = _bench.Begin();
            Answer? answer = _bench.Ask(half, ExchangeType.IkeAuth, (ref PayloadWriter writer) =>
            {
                writer.Id(PayloadType.IdInitiator, Policies.Id("alice@example.org"));
                writer.Auth(AuthMethod.SharedKey, new byte[48]);
                AttackBench.GoodChild(ref writer);
            });
            Assert.Equal(NotifyType.AuthenticationFailed, answer!.Refusal);
            _bench.ForgetRecord();
        }
    }

    private void Flood(byte[][] inits, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Array.ForEach(inits, init => _bench.World.Loop.Receive(AttackBench.Path, init.AsMemory().ToArray()));
            _bench.ForgetRecord();
        }
    }

    private static void Init(ref PayloadWriter writer, Proposal proposal, KeyExchangeMethod group)
    {
        writer.Sa([proposal], []);
        writer.Ke(group, AttackBench.X25519Value);
        writer.Nonce(new byte[32]);
    }

    public void Dispose() => _bench.Dispose();
}

/// <summary>Tests that measure the whole process.</summary>
[CollectionDefinition("measured alone", DisableParallelization = true)]
public sealed class MeasuredAlone;
