using System.Collections.Immutable;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Protocol;

public sealed class PayloadWriterTests
{
    [Fact]
    public void Captured_payloads_read_and_written_again_are_the_same_octets()
    {
        var kinds = new HashSet<PayloadType>();
        foreach ((PayloadType first, byte[] chain) in RealMessage.Chains)
        {
            var writer = new PayloadWriter(new byte[chain.Length]);
            Assert.True(PayloadIndex.TryRead(first, chain, out PayloadIndex index, out _));
            for (int i = 0; i < index.Count; i++)
            {
                Copy(ref writer, index[i]);
                kinds.Add(index[i].Type);
            }

            Assert.False(writer.Overflowed);
            Assert.Equal(first, writer.First);
            Assert.Equal(Convert.ToHexString(chain), Convert.ToHexString(writer.Chain));
        }

        Assert.Equal(10, kinds.Count);
    }

    [Fact]
    public void A_chosen_proposal_keeps_its_number_and_offers_are_counted()
    {
        Assert.Equal([3], Numbers(ProposalText.DefaultIke with { Number = 3 }));
        Assert.Equal([1, 2, 3], Numbers(ProposalText.DefaultIkeAead, ProposalText.DefaultIke, ProposalText.DefaultIke));
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var writer = new PayloadWriter(new byte[500]);
        WriteAll(ref writer);

        Assert.False(writer.Overflowed);
        Assert.True(AllReaders.TouchChain(writer.First, writer.Chain));
        Assert.True(PayloadIndex.TryRead(writer.First, writer.Chain, out PayloadIndex index, out _));
        Assert.Equal(15, index.Count);

        TsPayload.TryRead(Body(index, PayloadType.TsResponder), out TsPayload ts, out _);
        Assert.Equal([TrafficSelector.AllV4, TrafficSelector.AllV6], ts.ToImmutableArray());
        IdPayload.TryRead(Body(index, PayloadType.IdResponder), out IdPayload id, out _);
        Assert.Equal("vpn.example.org", id.ToIdentity().ToString());
        Assert.True(index.TryFindNotify(NotifyType.RekeySa, out NotifyPayload rekey));
        Assert.Equal([1, 2, 3, 4], rekey.Spi.ToArray());
        EapPayload.TryRead(Body(index, PayloadType.Eap), out EapPayload eap, out _);
        Assert.Equal(3, eap.Code);
        CpPayload.TryRead(Body(index, PayloadType.Cp), out CpPayload cp, out _);
        CpPayload.Enumerator attributes = cp.GetEnumerator();
        Assert.True(attributes.MoveNext());
        Assert.Equal([10, 0, 0, 1], attributes.Current.Value.ToArray());
    }

    [Fact]
    public void A_buffer_that_is_too_small_overflows_and_stays_whole()
    {
        var measure = new PayloadWriter(new byte[500]);
        WriteAll(ref measure);
        for (int octets = 0; octets < measure.Written; octets++)
        {
            var writer = new PayloadWriter(new byte[octets]);
            WriteAll(ref writer);

            Assert.True(writer.Overflowed);
            Assert.True(PayloadIndex.TryRead(writer.First, writer.Chain, out _, out _));
            Assert.True(writer.Reserve(PayloadType.Nonce, 0).IsEmpty);
        }
    }

    [Fact]
    public void A_payload_that_no_length_field_could_hold_overflows()
    {
        var writer = new PayloadWriter(new byte[70_000]);
        writer.Reserve(PayloadType.VendorId, ushort.MaxValue - 4);
        Assert.False(writer.Overflowed);
        writer.Reserve(PayloadType.VendorId, ushort.MaxValue - 3);
        Assert.True(writer.Overflowed);

        writer = new PayloadWriter(new byte[70_000]);
        writer.Ts(PayloadType.TsInitiator, new TrafficSelector[256]);
        Assert.True(writer.Overflowed);
    }

    [Fact]
    public void Reserved_room_is_zeroed_for_the_caller_to_fill()
    {
        byte[] buffer = [.. Enumerable.Repeat((byte)0xFF, 12)];
        var writer = new PayloadWriter(buffer);
        Span<byte> body = writer.Reserve(PayloadType.Nonce, 4);
        Assert.Equal([0, 0, 0, 0], body.ToArray());
        body.Fill(7);
        Assert.Equal([0, 0, 0, 8, 7, 7, 7, 7, 0xFF, 0xFF, 0xFF, 0xFF], buffer);
    }

    [Fact]
    public void Writing_allocates_nothing()
    {
        byte[] buffer = new byte[500];
        ImmutableArray<Proposal> proposals = [ProposalText.DefaultEsp, ProposalText.DefaultEspAead];
        Write(times: 200);
        Assert.Equal(0, HeapUse.Of(() => Write(times: 1000)));

        void Write(int times)
        {
            for (int i = 0; i < times; i++)
            {
                var writer = new PayloadWriter(buffer);
                writer.Sa(proposals, [1, 2, 3, 4]);
                writer.Notify(NotifyType.Cookie, [1, 2, 3]);
                writer.Ts(PayloadType.TsInitiator, [TrafficSelector.AllV4]);
                writer.DeleteIke();
            }
        }
    }

    private static void WriteAll(ref PayloadWriter writer)
    {
        Assert.True(Identity.TryParse("vpn.example.org", out Identity? id, out _));
        writer.Sa(ProposalText.DefaultEspAead, [1, 2, 3, 4]);
        writer.Ke(KeyExchangeMethod.Curve25519, [1, 2, 3]);
        writer.Nonce(new byte[16]);
        writer.Notify(NotifyType.RekeySa, [], SecurityProtocol.Esp, [1, 2, 3, 4]);
        writer.Id(PayloadType.IdResponder, id);
        writer.Auth(AuthMethod.SharedKey, [5, 6]);
        writer.Cert(CertEncoding.X509Signature, [0x30, 0]);
        writer.CertReq(CertEncoding.X509Signature, new byte[20]);
        writer.Ts(PayloadType.TsResponder, [TrafficSelector.AllV4, TrafficSelector.AllV6]);
        writer.DeleteIke();
        writer.DeleteChildren(SecurityProtocol.Esp, [new EspSpi(1), new EspSpi(2)]);
        writer.Eap([3, 1, 0, 4]);
        writer.VendorId([0xAB]);
        writer.Cp(CfgType.Reply, [new CfgAttribute(CfgAttributeType.InternalIp4Address, new byte[] { 10, 0, 0, 1 }), new CfgAttribute(CfgAttributeType.InternalIp6Dns, default)]);
        writer.Raw((PayloadType)250, [1]);
    }

    private static int[] Numbers(params ImmutableArray<Proposal> proposals)
    {
        var writer = new PayloadWriter(new byte[2000]);
        if (proposals.Length == 1)
        {
            writer.Sa(proposals[0], []);
        }
        else
        {
            writer.Sa(proposals, []);
        }

        Assert.True(SaPayload.TryReadProposals(writer.Chain[4..], out ImmutableArray<Proposal> read));
        Assert.Equal(proposals.Select(p => p with { Number = 0 }), read.Select(p => p with { Number = 0 }));
        return [.. read.Select(p => (int)p.Number)];
    }

    private static void Copy(ref PayloadWriter writer, PayloadView payload)
    {
        switch (payload.Type)
        {
            case PayloadType.Sa:
                CopySa(ref writer, payload.Body);
                break;
            case PayloadType.Ke:
                KePayload.TryRead(payload.Body, out KePayload ke, out _);
                writer.Ke(ke.Method, ke.Value);
                break;
            case PayloadType.Nonce:
                NoncePayload.TryRead(payload.Body, out NoncePayload nonce, out _);
                writer.Nonce(nonce.Value);
                break;
            case PayloadType.IdInitiator or PayloadType.IdResponder:
                IdPayload.TryRead(payload.Body, out IdPayload id, out _);
                writer.Id(payload.Type, id.ToIdentity());
                break;
            case PayloadType.Auth:
                AuthPayload.TryRead(payload.Body, out AuthPayload auth, out _);
                writer.Auth(auth.Method, auth.Data);
                break;
            case PayloadType.Notify:
                NotifyPayload.TryRead(payload.Body, out NotifyPayload notify, out _);
                writer.Notify(notify.Type, notify.Data, notify.Protocol, notify.Spi);
                break;
            case PayloadType.TsInitiator or PayloadType.TsResponder:
                TsPayload.TryRead(payload.Body, out TsPayload ts, out _);
                writer.Ts(payload.Type, ts.ToImmutableArray().AsSpan());
                break;
            case PayloadType.Delete:
                writer.DeleteIke();
                break;
            default:
                writer.Raw(payload.Type, payload.Body);
                break;
        }
    }

    private static void CopySa(ref PayloadWriter writer, ReadOnlySpan<byte> body)
    {
        Assert.True(SaPayload.TryReadProposals(body, out ImmutableArray<Proposal> proposals));
        SaPayload.TryRead(body, out SaPayload sa, out _);
        SaPayload.ProposalEnumerator first = sa.GetEnumerator();
        first.MoveNext();
        writer.Sa(proposals, first.Current.Spi);
    }

    private static ReadOnlySpan<byte> Body(in PayloadIndex index, PayloadType type)
    {
        Assert.True(index.TryFind(type, out PayloadView payload));
        return payload.Body;
    }
}
