using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Protocol;

/// <summary>The payload readers, one after the other: what they give, and what they refuse.</summary>
public sealed class PayloadTests
{
    [Fact]
    public void A_key_exchange_payload_has_a_method_and_a_value()
    {
        Assert.True(KePayload.TryRead(Convert.FromHexString("001f0000aabb"), out KePayload ke, out _));
        Assert.Equal(KeyExchangeMethod.Curve25519, ke.Method);
        Assert.Equal([0xAA, 0xBB], ke.Value.ToArray());
    }

    [Fact]
    public void An_identification_keeps_its_reserved_octets_for_AUTH()
    {
        byte[] body = Convert.FromHexString("02aabbcc6d6f6f6e");
        Assert.True(IdPayload.TryRead(body, out IdPayload id, out _));
        Assert.Equal("moon", id.ToIdentity().ToString());
        Assert.Equal(body, id.Body.ToArray());
    }

    [Fact]
    public void An_authentication_payload_has_a_method_and_data()
    {
        Assert.True(AuthPayload.TryRead(Convert.FromHexString("0e0000000102"), out AuthPayload auth, out _));
        Assert.Equal(AuthMethod.DigitalSignature, auth.Method);
        Assert.Equal([1, 2], auth.Data.ToArray());
    }

    [Fact]
    public void Certificates_and_requests_for_them_have_an_encoding()
    {
        Assert.True(CertPayload.TryRead([4, 0x30], out CertPayload cert, out _));
        Assert.Equal((CertEncoding.X509Signature, 1), (cert.Encoding, cert.Data.Length));
        Assert.True(CertReqPayload.TryRead([4, .. new byte[40]], out CertReqPayload request, out _));
        Assert.Equal((CertEncoding.X509Signature, 40), (request.Encoding, request.Authorities.Length));
        Assert.True(CertReqPayload.TryRead([4], out request, out _));
        Assert.True(request.Authorities.IsEmpty);
    }

    [Fact]
    public void A_notification_may_name_an_SA()
    {
        Assert.True(NotifyPayload.TryRead(Convert.FromHexString("030440090a0b0c0dee"), out NotifyPayload notify, out _));
        Assert.Equal((SecurityProtocol.Esp, NotifyType.RekeySa), (notify.Protocol, notify.Type));
        Assert.Equal([0x0A, 0x0B, 0x0C, 0x0D], notify.Spi.ToArray());
        Assert.Equal([0xEE], notify.Data.ToArray());
        Assert.True(NotifyType.ChildSaNotFound.IsError());
        Assert.False(notify.Type.IsError());
    }

    [Fact]
    public void A_delete_names_child_SAs_by_SPI_and_the_IKE_SA_by_nothing()
    {
        Assert.True(DeletePayload.TryRead(Convert.FromHexString("03040002000000010a0b0c0d"), out DeletePayload delete, out _));
        Assert.Equal((SecurityProtocol.Esp, 2), (delete.Protocol, delete.Count));
        Assert.Equal((new EspSpi(1), new EspSpi(0x0A0B0C0D)), (delete.Spi(0), delete.Spi(1)));
        Assert.True(DeletePayload.TryRead([1, 0, 0, 0], out delete, out _));
        Assert.Equal((SecurityProtocol.Ike, 0, 0), (delete.Protocol, delete.SpiSize, delete.Count));
    }

    [Fact]
    public void Traffic_selectors_of_unknown_types_are_skipped()
    {
        const string Unknown = "0900000c" + "0000000000000000";
        const string V4 = "07110010" + "01bb01bb" + "0a000000" + "0affffff";
        const string V6 = "08000028" + "0000ffff" + "20010db8000000000000000000000000" + "20010db8ffffffffffffffffffffffff";
        Assert.True(TsPayload.TryRead(Convert.FromHexString("03000000" + Unknown + V4 + V6), out TsPayload ts, out _));
        Assert.Equal(2, ts.Count);
        Assert.Equal(["10.0.0.0/8[udp/443]", "2001:db8::/32"], ts.ToImmutableArray().Select(s => s.ToString()));
    }

    [Fact]
    public void An_IPv6_selector_of_mapped_addresses_does_not_pass_for_IPv4()
    {
        const string Mapped = "08000028" + "0000ffff" + "00000000000000000000ffff0a000000" + "00000000000000000000ffff0affffff";
        Assert.True(TsPayload.TryRead(Convert.FromHexString("01000000" + Mapped), out TsPayload ts, out _));
        Assert.Equal(0, ts.Count);
    }

    [Fact]
    public void Opaque_ports_are_the_only_ones_that_run_backwards()
    {
        Assert.True(TsPayload.TryRead(Convert.FromHexString("01000000" + "07000010ffff00000a0000000affffff"), out TsPayload ts, out _));
        Assert.Equal((ushort.MaxValue, (ushort)0), (ts[0].StartPort, ts[0].EndPort));
    }

    [Fact]
    public void A_configuration_lists_attributes_without_their_reserved_bit()
    {
        Assert.True(CpPayload.TryRead(Convert.FromHexString("01000000" + "00010000" + "80030004" + "08080808"), out CpPayload cp, out _));
        var seen = new List<(CfgAttributeType, int)>();
        foreach (CfgAttributeView attribute in cp)
        {
            seen.Add((attribute.Type, attribute.Value.Length));
        }

        Assert.Equal(CfgType.Request, cp.Type);
        Assert.Equal([(CfgAttributeType.InternalIp4Address, 0), (CfgAttributeType.InternalIp4Dns, 4)], seen);
    }

    [Fact]
    public void An_EAP_packet_has_a_type_only_in_requests_and_responses()
    {
        Assert.True(EapPayload.TryRead(Convert.FromHexString("02070007" + "016162"), out EapPayload response, out _));
        Assert.Equal((2, 7, 1, 2), (response.Code, response.Identifier, response.Type, response.TypeData.Length));
        Assert.True(EapPayload.TryRead(Convert.FromHexString("03070004"), out EapPayload success, out _));
        Assert.Equal((3, 0, 4), (success.Code, success.Type, success.Packet.Length));
    }

    [Fact]
    public void A_nonce_has_16_to_256_octets()
    {
        Assert.All(Enumerable.Range(0, 300), octets =>
            Assert.Equal(octets is >= 16 and <= 256, NoncePayload.TryRead(new byte[octets], out _, out _)));
    }

    [Theory]
    [InlineData(PayloadType.Ke, "001f00", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.IdInitiator, "020000", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.IdInitiator, "00000000", ParseFaultKind.BadIdType)]
    [InlineData(PayloadType.IdInitiator, "010000000a0000", ParseFaultKind.BadIdLength)]
    [InlineData(PayloadType.IdInitiator, "050000000a000001", ParseFaultKind.BadIdLength)]
    [InlineData(PayloadType.Auth, "010000", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.Cert, "", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.CertReq, "", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.CertReq, "04aabb", ParseFaultKind.BadHashListLength)]
    [InlineData(PayloadType.CertReq, "0caabb", ParseFaultKind.BadHashListLength)]
    [InlineData(PayloadType.CertReq, "07aabb", ParseFaultKind.None)]
    [InlineData(PayloadType.Notify, "000040", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.Notify, "03044009aabbcc", ParseFaultKind.LengthBeyondEnd)]
    [InlineData(PayloadType.Delete, "010000", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.Delete, "01080000", ParseFaultKind.BadSpiSize)]
    [InlineData(PayloadType.Delete, "01000001", ParseFaultKind.BadCount)]
    [InlineData(PayloadType.Delete, "03080000", ParseFaultKind.BadSpiSize)]
    [InlineData(PayloadType.Delete, "03040002aabbccdd", ParseFaultKind.BadCount)]
    [InlineData(PayloadType.Delete, "03040001aabbccddee", ParseFaultKind.BadCount)]
    [InlineData(PayloadType.Delete, "0304ffff", ParseFaultKind.TooManySpis)]
    [InlineData(PayloadType.TsInitiator, "010000", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.TsInitiator, "01000000", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.TsInitiator, "ff000000", ParseFaultKind.TooManySelectors)]
    [InlineData(PayloadType.TsInitiator, "00000000aa", ParseFaultKind.TrailingOctets)]
    [InlineData(PayloadType.TsInitiator, "0100000009000003", ParseFaultKind.LengthBelowHeader)]
    [InlineData(PayloadType.TsInitiator, "010000000900000500", ParseFaultKind.None)]
    [InlineData(PayloadType.TsInitiator, "01000000070000100000ffff0a000000", ParseFaultKind.LengthBeyondEnd)]
    [InlineData(PayloadType.TsInitiator, "010000000700000c0000ffff0a000000", ParseFaultKind.BadSelector)]
    [InlineData(PayloadType.TsInitiator, "01000000080000100000ffff0a0000000affffff", ParseFaultKind.BadSelector)]
    [InlineData(PayloadType.TsInitiator, "01000000070000100000ffff0affffff0a000000", ParseFaultKind.BadSelector)]
    [InlineData(PayloadType.TsInitiator, "01000000070000100002" + "0001" + "0a0000000affffff", ParseFaultKind.BadSelector)]
    [InlineData(PayloadType.Cp, "010000", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.Cp, "01000000000100", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.Cp, "010000000001000100", ParseFaultKind.None)]
    [InlineData(PayloadType.Cp, "010000000001000200", ParseFaultKind.LengthBeyondEnd)]
    [InlineData(PayloadType.Eap, "030700", ParseFaultKind.TooShort)]
    [InlineData(PayloadType.Eap, "03070003", ParseFaultKind.LengthBelowHeader)]
    [InlineData(PayloadType.Eap, "01070004", ParseFaultKind.LengthBelowHeader)]
    [InlineData(PayloadType.Eap, "03070005", ParseFaultKind.LengthBeyondEnd)]
    [InlineData(PayloadType.Eap, "0307000400", ParseFaultKind.TrailingOctets)]
    public void A_malformed_payload_is_a_value_that_says_what_was_wrong(PayloadType type, string body, ParseFaultKind kind)
    {
        byte[] octets = Convert.FromHexString(body);
        Assert.Equal(kind == ParseFaultKind.None, AllReaders.Touch(type, octets));
        Assert.Equal(kind, AllReaders.FaultOf(type, octets).Kind);
    }

    [Fact]
    public void Too_many_of_anything_is_a_fault()
    {
        byte[] id = [2, 0, 0, 0, .. new byte[Limits.IdentityOctetsMax + 1]];
        byte[] cp = [1, 0, 0, 0, .. new byte[4 * (Limits.CfgAttributesPerPayloadMax + 1)]];

        Assert.Equal(ParseFaultKind.BadIdLength, AllReaders.FaultOf(PayloadType.IdResponder, id).Kind);
        Assert.Equal(ParseFaultKind.TooManyAttributes, AllReaders.FaultOf(PayloadType.Cp, cp).Kind);
        Assert.True(AllReaders.Touch(PayloadType.IdResponder, id.AsSpan(..^1)));
        Assert.True(AllReaders.Touch(PayloadType.Cp, cp.AsSpan(..^4)));
    }

    [Fact]
    [Trait("row", "6")]
    public void Every_truncation_of_every_captured_payload_is_read_without_an_exception()
    {
        foreach ((PayloadType first, byte[] chain) in RealMessage.Chains)
        {
            var reader = new PayloadReader(first, chain);
            while (reader.TryNext(out PayloadView payload))
            {
                for (int length = 0; length < payload.Body.Length; length++)
                {
                    // An array of exactly this length, so that a read beyond it cannot go unseen.
                    bool isSound = AllReaders.Touch(payload.Type, payload.Body[..length].ToArray());
                    Assert.False(isSound && HasInnerLengths(payload.Type), $"{payload.Type} cut to {length}");
                }
            }
        }
    }

    private static bool HasInnerLengths(PayloadType type) =>
        type is PayloadType.Sa or PayloadType.Delete or PayloadType.TsInitiator or PayloadType.TsResponder or PayloadType.Eap;
}
