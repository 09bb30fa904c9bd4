using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Protocol;

/// <summary>Every payload, and every message of any of them in any order, is read as it was written.</summary>
public sealed class RoundTripProperties
{
    private static readonly Gen<byte> Octet = Gen.Choose(0, 255).Select(n => (byte)n);

    private delegate void WriteOne(ref PayloadWriter writer);

    private delegate void JudgeOne(ReadOnlySpan<byte> body);

    [Fact]
    public void A_message_of_any_payloads_is_read_as_it_was_written() =>
        Prop.ForAll(Payloads().ArrayOf().Where(all => all.Length <= Limits.PayloadsPerMessageMax).ToArbitrary(), Judge)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1500).WithQuietOnSuccess(true));

    [Fact]
    public void An_identity_that_is_shown_is_read_again() =>
        Prop.ForAll(NameTexts().ToArbitrary(), text =>
        {
            Assert.True(Identity.TryParse(text, out Identity? id, out string fault), fault);
            Assert.True(Identity.TryParse(id.ToString(), out Identity? again, out fault), fault);
            Assert.Equal(id, again);
            Assert.Equal(Identity.PerfectMatch, id.Match(again));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000).WithQuietOnSuccess(true));

    private static void Judge(OnePayload[] all)
    {
        byte[] message = new byte[Limits.MessageOctetsMax];
        var writer = new PayloadWriter(message.AsSpan(IkeHeader.Octets));
        foreach (OnePayload one in all)
        {
            one.Write(ref writer);
        }

        Assert.False(writer.Overflowed);
        int length = IkeHeader.Octets + writer.Written;
        IkeHeader.Write(
            message, new IkeSpi(1), new IkeSpi(2), writer.First, ExchangeType.Informational, HeaderFlags.Initiator, new MessageId(3), (uint)length);

        Assert.Equal(DropReason.None, IkeHeader.Check(message.AsSpan(0, length)));
        Assert.True(IkeHeader.TryRead(message, out IkeHeader header));
        Assert.True(PayloadIndex.TryRead(header.NextPayload, message.AsSpan(IkeHeader.Octets, writer.Written), out PayloadIndex index, out _));
        Assert.Equal(all.Length, index.Count);
        for (int i = 0; i < all.Length; i++)
        {
            Assert.Equal(all[i].Type, index[i].Type);
            all[i].Judge(index[i].Body);
        }
    }

    private static Gen<OnePayload> Payloads() => Gen.OneOf(
        from method in Gen.Choose(0, ushort.MaxValue)
        from value in Octets(0, 600)
        select new OnePayload(PayloadType.Ke, (ref PayloadWriter w) => w.Ke((KeyExchangeMethod)method, value), body =>
        {
            Assert.True(KePayload.TryRead(body, out KePayload ke, out _));
            Assert.Equal((ushort)method, (ushort)ke.Method);
            Assert.Equal(value, ke.Value.ToArray());
        }),
        from nonce in Octets(Limits.NonceOctetsMin, Limits.NonceOctetsMax)
        select new OnePayload(PayloadType.Nonce, (ref PayloadWriter w) => w.Nonce(nonce), body =>
        {
            Assert.True(NoncePayload.TryRead(body, out NoncePayload read, out _));
            Assert.Equal(nonce, read.Value.ToArray());
        }),
        Identities(), Notifies(), Proofs(), Certificates(), Deletes(), Configurations(), EapPackets(), Selectors(), Offers(),
        from vendor in Octets(0, 60)
        select new OnePayload(PayloadType.VendorId, (ref PayloadWriter w) => w.VendorId(vendor), body => Assert.Equal(vendor, body.ToArray())));

    private static Gen<OnePayload> Identities() =>
        from type in Gen.Elements(IdType.Ipv4Addr, IdType.Ipv6Addr, IdType.Fqdn, IdType.Rfc822Addr, IdType.DerAsn1Dn, IdType.KeyId)
        from isResponder in Gen.Elements(true, false)
        from data in type == IdType.Ipv4Addr ? Octets(4, 4) : type == IdType.Ipv6Addr ? Octets(16, 16) : Octets(0, 100)
        let which = isResponder ? PayloadType.IdResponder : PayloadType.IdInitiator
        let id = new Identity(type, [.. data])
        select new OnePayload(which, (ref PayloadWriter w) => w.Id(which, id), body =>
        {
            Assert.True(IdPayload.TryRead(body, out IdPayload read, out _));
            Assert.Equal(id, read.ToIdentity());
        });

    private static Gen<OnePayload> Notifies() =>
        from type in Gen.Choose(0, ushort.MaxValue)
        from protocol in Gen.Elements(SecurityProtocol.None, SecurityProtocol.Ike, SecurityProtocol.Esp)
        from spi in Gen.OneOf(Octets(0, 0), Octets(4, 4), Octets(8, 8))
        from data in Octets(0, 100)
        select new OnePayload(PayloadType.Notify, (ref PayloadWriter w) => w.Notify((NotifyType)type, data, protocol, spi), body =>
        {
            Assert.True(NotifyPayload.TryRead(body, out NotifyPayload read, out _));
            Assert.Equal(((NotifyType)type, protocol), (read.Type, read.Protocol));
            Assert.Equal(spi, read.Spi.ToArray());
            Assert.Equal(data, read.Data.ToArray());
        });

    private static Gen<OnePayload> Proofs() =>
        from method in Octet
        from data in Octets(1, 600)
        select new OnePayload(PayloadType.Auth, (ref PayloadWriter w) => w.Auth((AuthMethod)method, data), body =>
        {
            Assert.True(AuthPayload.TryRead(body, out AuthPayload read, out _));
            Assert.Equal(method, (byte)read.Method);
            Assert.Equal(data, read.Data.ToArray());
        });

    private static Gen<OnePayload> Certificates() =>
        from encoding in Octet
        from data in Octets(1, 600)
        select new OnePayload(PayloadType.Cert, (ref PayloadWriter w) => w.Cert((CertEncoding)encoding, data), body =>
        {
            Assert.True(CertPayload.TryRead(body, out CertPayload read, out _));
            Assert.Equal(encoding, (byte)read.Encoding);
            Assert.Equal(data, read.Data.ToArray());
        });

    private static Gen<OnePayload> Deletes() =>
        from numbers in Gen.Choose(0, int.MaxValue).ArrayOf().Where(all => all.Length <= Limits.SpisPerDeleteMax)
        let spis = numbers.Select(number => new EspSpi((uint)number)).ToArray()
        select new OnePayload(PayloadType.Delete, (ref PayloadWriter w) => w.DeleteChildren(SecurityProtocol.Esp, spis), body =>
        {
            Assert.True(DeletePayload.TryRead(body, out DeletePayload read, out _));
            Assert.Equal((SecurityProtocol.Esp, spis.Length), (read.Protocol, read.Count));
            for (int i = 0; i < spis.Length; i++)
            {
                Assert.Equal(spis[i], read.Spi(i));
            }
        });

    private static Gen<OnePayload> Configurations() =>
        from type in Gen.Elements(CfgType.Request, CfgType.Reply)
        from attributes in (from kind in Gen.Choose(1, 0x7fff) from value in Octets(0, 20) select (kind, value)).ArrayOf()
        where attributes.Length <= Limits.CfgAttributesPerPayloadMax
        let written = attributes.Select(one => new CfgAttribute((CfgAttributeType)one.kind, one.value)).ToArray()
        select new OnePayload(PayloadType.Cp, (ref PayloadWriter w) => w.Cp(type, written), body =>
        {
            Assert.True(CpPayload.TryRead(body, out CpPayload read, out _));
            Assert.Equal(type, read.Type);
            CpPayload.Enumerator next = read.GetEnumerator();
            foreach (CfgAttribute one in written)
            {
                Assert.True(next.MoveNext());
                Assert.Equal(one.Type, next.Current.Type);
                Assert.Equal(one.Value.ToArray(), next.Current.Value.ToArray());
            }

            Assert.False(next.MoveNext());
        });

    private static Gen<OnePayload> EapPackets() =>
        from code in Gen.Choose(1, 2)
        from id in Octet
        from type in Octet
        from data in Octets(0, 100)
        let length = 5 + data.Length
        let packet = (byte[])[(byte)code, id, (byte)(length >> 8), (byte)length, type, .. data]
        select new OnePayload(PayloadType.Eap, (ref PayloadWriter w) => w.Eap(packet), body =>
        {
            Assert.True(EapPayload.TryRead(body, out EapPayload read, out _));
            Assert.Equal(((byte)code, id, type), (read.Code, read.Identifier, read.Type));
            Assert.Equal(data, read.TypeData.ToArray());
        });

    private static Gen<OnePayload> Selectors() =>
        from which in Gen.Elements(PayloadType.TsInitiator, PayloadType.TsResponder)
        from prefixes in Gen.Choose(0, 32).ArrayOf().Where(all => all.Length <= Limits.TrafficSelectorsPerPayloadMax)
        from address in Gen.Choose(0, int.MaxValue)
        let selectors = prefixes.Select(prefix => TrafficSelector.Subnet(IpAddress.V4((uint)address), prefix)).ToArray()
        select new OnePayload(which, (ref PayloadWriter w) => w.Ts(which, selectors), body =>
        {
            Assert.True(TsPayload.TryRead(body, out TsPayload read, out _));
            Assert.Equal(selectors, read.ToImmutableArray());
        });

    private static Gen<OnePayload> Offers() =>
        from words in Gen.Elements("aes256gcm16-prfsha384-x25519", "aes128-sha256-modp2048-ecp256", "aes256-aes128-sha512-sha256-prfsha256-x25519-x448").NonEmptyListOf()
        where words.Count <= Limits.ProposalsPerSaMax
        let offer = words.Select((text, i) => Parse(text) with { Number = (byte)(i + 1) }).ToImmutableArray()
        select new OnePayload(PayloadType.Sa, (ref PayloadWriter w) => w.Sa(offer, [1, 2, 3, 4, 5, 6, 7, 8]), body =>
        {
            Assert.True(SaPayload.TryReadProposals(body, out ImmutableArray<Proposal> read));
            Assert.Equal(offer, read);
        });

    private static Gen<string> NameTexts() => Gen.OneOf(
        from labels in Gen.Elements("vpn", "a", "gw-1", "xn--bcher-kva", "example", "org").NonEmptyListOf()
        select string.Join('.', labels.Take(8)),
        from user in Gen.Elements("alice", "a.b+c", "*", "x-y")
        select $"{user}@example.org",
        from address in Gen.Choose(1, int.MaxValue)
        select IpAddress.V4((uint)address).ToString(),
        from low in Gen.Choose(1, int.MaxValue)
        select new IpAddress(((UInt128)0x20010db8 << 96) | (uint)low).ToString());

    private static Proposal Parse(string text) =>
        ProposalText.TryParse(text, SecurityProtocol.Ike, out Proposal? proposal, out string fault) ? proposal : throw new ArgumentException(fault, nameof(text));

    private static Gen<byte[]> Octets(int least, int most) => Gen.Choose(least, most).SelectMany(count => Octet.ArrayOf(count));

    private sealed record OnePayload(PayloadType Type, WriteOne Write, JudgeOne Judge);
}
