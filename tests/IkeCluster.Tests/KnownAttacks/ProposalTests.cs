using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Engine;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>Rows 15 to 21: SA payloads, proposals, transforms.</summary>
public sealed class ProposalTests : IDisposable
{
    private const ushort PrivateGroup = 1025;
    private const ushort NullAuthAesGmac = 21;
    private const ushort AesGcm16 = 20;

    private static readonly Proposal Sound = Policies.Ike("aes256gcm16-prfsha384-x25519");

    private readonly AttackBench _bench = new();

    [Fact]
    [Trait("row", "15")]
    public void A_proposal_without_a_transform_of_each_needed_type_is_not_chosen()
    {
        foreach (Transform left in Sound.Transforms)
        {
            Proposal cut = Sound with { Transforms = Sound.Transforms.Remove(left) };
            Assert.Equal(NotifyType.NoProposalChosen, Offer(cut, KeyExchangeMethod.Curve25519));
        }

        ImmutableArray<Transform> noGroup = Sound.Transforms.Replace(
            Transform.KeyExchange(KeyExchangeMethod.Curve25519), Transform.KeyExchange(KeyExchangeMethod.None));
        Assert.Equal(NotifyType.NoProposalChosen, Offer(Sound with { Transforms = noGroup }, KeyExchangeMethod.Curve25519));
        Assert.Equal(0, _bench.Others);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "16")]
    public void An_algorithm_that_has_a_number_but_no_code_is_not_chosen()
    {
        // 3DES, IDEA, Blowfish, NULL, Camellia, AES-GMAC, GOST: numbers of IANA that nobody here has written.
        foreach (ushort id in (ushort[])[3, 5, 7, 11, 23, 25, NullAuthAesGmac, 32, 34])
        {
            Proposal odd = Sound with { Transforms = Sound.Transforms.SetItem(0, new Transform(TransformType.Encr, id, 256)) };
            Assert.Equal(NotifyType.NoProposalChosen, Offer(odd, KeyExchangeMethod.Curve25519));
        }

        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "18")]
    [InlineData(PrivateGroup)]
    [InlineData((ushort)0)]
    [InlineData((ushort)KeyExchangeMethod.Modp2048)]
    [InlineData(ushort.MaxValue)]
    public void A_key_exchange_of_a_group_that_was_not_offered_is_told_the_chosen_one(ushort group)
    {
        byte[] reply = _bench.SendAsStranger(_bench.Init((ref PayloadWriter writer) => Init(ref writer, [Sound], (KeyExchangeMethod)group)))!;

        Assert.Equal(NotifyType.InvalidKePayload, RefusalIn(reply));
        Assert.Equal((ushort)KeyExchangeMethod.Curve25519, BinaryPrimitives.ReadUInt16BigEndian(reply.AsSpan()[^2..]));
        Assert.Equal(0, _bench.Others);
        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "19")]
    [InlineData(NullAuthAesGmac, 128)]
    [InlineData(NullAuthAesGmac, 0)]
    [InlineData(AesGcm16, 0)]
    [InlineData(AesGcm16, 1)]
    [InlineData(AesGcm16, 0xffff)]
    [InlineData((ushort)0, 0)]
    public void A_child_whose_cipher_or_key_length_is_odd_is_refused_and_the_IKE_SA_goes_on(ushort cipher, int bits)
    {
        using KeyHolder peer = _bench.Login();
        var odd = new Proposal(SecurityProtocol.Esp, [new Transform(TransformType.Encr, cipher, (ushort)bits)]);

        Answer? answer = _bench.Ask(peer, ExchangeType.CreateChildSa, (ref PayloadWriter writer) =>
        {
            writer.Sa(odd, [0, 0, 4, 2]);
            writer.Nonce(new byte[32]);
            writer.Ts(PayloadType.TsInitiator, [TrafficSelector.AllV4]);
            writer.Ts(PayloadType.TsResponder, [TrafficSelector.AllV4]);
        });

        Assert.Equal(NotifyType.NoProposalChosen, answer!.Refusal);
        Assert.Single(_bench.StateOf(peer.Spi).Children);
        Assert.Equal(NotifyType.None, _bench.Ask(peer, ExchangeType.Informational, (ref PayloadWriter _) => { })!.Refusal);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "20")]
    public void A_refusal_carries_no_SPI_of_ours_and_leaves_no_state()
    {
        var odd = new Proposal(SecurityProtocol.Ike, [new Transform(TransformType.Encr, NullAuthAesGmac, 128)]);
        byte[] reply = _bench.SendAsStranger(_bench.Init((ref PayloadWriter writer) => Init(ref writer, [odd], KeyExchangeMethod.Curve25519), spi: 99))!;

        Assert.True(IkeHeader.TryRead(reply, out IkeHeader header));
        Assert.True(header.ResponderSpi.IsZero);
        Assert.Equal(0, _bench.Others);
        Assert.Null(_bench.Send(AttackBench.Message(AttackBench.Good, ExchangeType.IkeSaInit, 99, header.ResponderSpi.Value + 1, 0)));
        Assert.NotNull(_bench.Send(AttackBench.Message(AttackBench.Good, ExchangeType.IkeSaInit, 99, 0, 0)));
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "21")]
    public void Of_two_equal_proposals_or_transforms_the_first_is_taken()
    {
        Proposal doubled = Sound with { Transforms = [.. Sound.Transforms, .. Sound.Transforms] };
        byte[] reply = _bench.SendAsStranger(_bench.Init(
            (ref PayloadWriter writer) => Init(ref writer, [doubled, doubled], KeyExchangeMethod.Curve25519)))!;

        Assert.True(PayloadIndex.TryRead(PayloadType.Sa, reply.AsSpan(IkeHeader.Octets), out PayloadIndex index, out _));
        Assert.True(index.TryFind(PayloadType.Sa, out PayloadView sa));
        Assert.True(SaPayload.TryReadProposals(sa.Body, out ImmutableArray<Proposal> chosen));
        Assert.Equal(Sound.Transforms.Length, Assert.Single(chosen).Transforms.Length);
        Assert.Equal(1, chosen[0].Number);
        _bench.AssertUnharmed();
    }

    [Theory]
    [Trait("row", "21")]
    [InlineData(1, 255)]
    [InlineData(255, 1)]
    [InlineData(33, 1)]
    public void Proposals_beyond_the_limits_cost_a_drop(int proposals, int transforms)
    {
        Transform[] many = [.. Enumerable.Range(0, transforms).Select(i => new Transform(TransformType.Prf, (ushort)(1000 + i)))];
        Proposal[] list = [.. Enumerable.Repeat(new Proposal(SecurityProtocol.Ike, [.. many]), proposals)];
        byte[] init = _bench.Init((ref PayloadWriter writer) => Init(ref writer, [.. list], KeyExchangeMethod.Curve25519));

        Assert.Null(_bench.Send(init));
        Assert.Contains(_bench.LastDrop, (DropReason[])[DropReason.MalformedInit, DropReason.TooLong]);
        _bench.AssertUnharmed();
    }

    private NotifyType Offer(Proposal proposal, KeyExchangeMethod group) =>
        RefusalIn(_bench.SendAsStranger(_bench.Init((ref PayloadWriter writer) => Init(ref writer, [proposal], group)))!);

    private static void Init(ref PayloadWriter writer, ImmutableArray<Proposal> proposals, KeyExchangeMethod group)
    {
        writer.Sa(proposals, []);
        writer.Ke(group, AttackBench.X25519Value);
        writer.Nonce(new byte[32]);
    }

    private static NotifyType RefusalIn(byte[] reply)
    {
        Assert.True(IkeHeader.TryRead(reply, out IkeHeader header));
        return new Answer(new IkeCluster.Engine.Protection.InnerMessage(header.NextPayload, reply[IkeHeader.Octets..])).Refusal;
    }

    public void Dispose() => _bench.Dispose();
}
