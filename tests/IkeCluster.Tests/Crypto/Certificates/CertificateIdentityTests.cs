using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Crypto.Certificates;

/// <summary>RFC 4945 §3.1: an identity counts only where the certificate holds it in the field of its type.</summary>
public sealed class CertificateIdentityTests
{
    private const string Subject = "C=CH, O=Example, CN=vpn.example.org";

    private static readonly X509Certificate2 Certificate = TestAuthority.Root("CN=Root").Leaf(new CertificatePlan(Subject)
    {
        Extensions = [Names()],
    });

    [Theory]
    [InlineData("gw.example.org", true)]
    [InlineData("GW.example.ORG", true)]
    [InlineData("gw2.example.org", false)]
    [InlineData("w.example.org", false)]
    [InlineData("gw.example.orgx", false)]
    [InlineData("anything.wild.example.org", false)]
    [InlineData("alice@example.org", true)]
    [InlineData("alice@EXAMPLE.org", true)]
    [InlineData("Alice@example.org", false)]
    [InlineData("bob@example.org", false)]
    [InlineData("alice@example.com", false)]
    [InlineData("fqdn:alice@example.org", false)]
    [InlineData("192.0.2.7", true)]
    [InlineData("192.0.2.8", false)]
    [InlineData("2001:db8::7", true)]
    [InlineData("2001:db8::8", false)]
    [InlineData("C=CH, O=Example, CN=vpn.example.org", true)]
    [InlineData("C=CH, O=Example, CN=other.example.org", false)]
    [InlineData("C=CH, O=Example", false)]
    [InlineData("O=Example, C=CH, CN=vpn.example.org", false)]
    [InlineData("C=CH, O=Alternative, CN=alice", true)]
    public void A_name_counts_in_the_field_of_its_type(string text, bool holds)
    {
        Assert.True(Identity.TryParse(text, out Identity? id, out string fault), fault);
        Assert.Equal(holds, CertificateIdentity.Holds(Certificate, id));
    }

    [Fact]
    public void The_common_name_is_no_host_name() =>
        Assert.False(CertificateIdentity.Holds(Certificate, Of(IdType.Fqdn, "vpn.example.org"u8)));

    [Theory]
    [InlineData("%any")]
    [InlineData("*.example.org")]
    [InlineData("*@example.org")]
    [InlineData("C=CH, O=*, CN=vpn.example.org")]
    [InlineData("keyid:gw.example.org")]
    public void A_pattern_is_not_held_by_any_certificate(string text)
    {
        Assert.True(Identity.TryParse(text, out Identity? id, out string fault), fault);
        Assert.False(CertificateIdentity.Holds(Certificate, id));
    }

    [Fact]
    public void An_empty_identity_is_not_held()
    {
        foreach (IdType type in Enum.GetValues<IdType>())
        {
            Assert.False(CertificateIdentity.Holds(Certificate, Of(type, [])));
            Assert.False(CertificateIdentity.Holds(TestAuthority.Root("CN=x").Certificate, Of(type, [])));
        }
    }

    [Fact]
    public void A_certificate_without_a_subject_does_not_hold_the_empty_name()
    {
        X509Certificate2 nameless = TestAuthority.Root(new CertificatePlan("")).Certificate;
        Assert.Equal([0x30, 0x00], nameless.SubjectName.RawData);
        Assert.False(CertificateIdentity.Holds(nameless, Of(IdType.DerAsn1Dn, [0x30, 0x00])));
    }

    /// <summary>A zero octet in a certificate's name must not end it: gw.example.org\0.evil is another name.</summary>
    [Fact]
    public void A_zero_octet_does_not_end_a_name()
    {
        X509Certificate2 certificate = WithNames(writer => writer.WriteCharacterString(
            UniversalTagNumber.IA5String, "gw.example.org\0.evil.example", new Asn1Tag(TagClass.ContextSpecific, 2)));
        Assert.False(CertificateIdentity.Holds(certificate, Of(IdType.Fqdn, "gw.example.org"u8)));
        Assert.True(CertificateIdentity.Holds(certificate, Of(IdType.Fqdn, "gw.example.org\0.evil.example"u8)));
    }

    /// <summary>RFC 5280 §7.1: strongSwan writes a configured DN with other kinds of string than the CA did.</summary>
    [Fact]
    public void A_string_of_another_kind_is_the_same_name()
    {
        byte[] printable = Dn(Subject);
        byte[] utf8 = [.. printable.Select(octet => octet == 0x13 ? (byte)0x0C : octet)];
        Assert.NotEqual(printable, utf8);
        Assert.True(CertificateIdentity.Holds(Certificate, Of(IdType.DerAsn1Dn, printable)));
        Assert.True(CertificateIdentity.Holds(Certificate, Of(IdType.DerAsn1Dn, utf8)));
    }

    [Fact]
    public void Broken_alternative_names_hold_nothing()
    {
        foreach (byte[] broken in new byte[][] { [], [0x30], [0x30, 0x05, 0x82, 0x10, 0x61], [0x04, 0x00], [0x30, 0x80, 0x82, 0x00] })
        {
            X509Certificate2 certificate = TestAuthority.Root(new CertificatePlan("CN=broken")
            {
                Extensions = [new X509Extension("2.5.29.17", broken, critical: false)],
            }).Certificate;
            Assert.False(CertificateIdentity.Holds(certificate, Of(IdType.Fqdn, "a"u8)));
        }
    }

    private static X509Extension Names()
    {
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName("gw.example.org");
        names.AddDnsName("*.wild.example.org");
        names.AddEmailAddress("alice@example.org");
        names.AddIpAddress(IPAddress.Parse("192.0.2.7"));
        names.AddIpAddress(IPAddress.Parse("2001:db8::7"));
        X509Extension built = names.Build();
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            AsnReader reader = new AsnReader(built.RawData, AsnEncodingRules.DER).ReadSequence();
            while (reader.HasData)
            {
                writer.WriteEncodedValue(reader.ReadEncodedValue().Span);
            }

            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4)))
            {
                writer.WriteEncodedValue(Dn("C=CH, O=Alternative, CN=alice"));
            }
        }

        return new X509Extension("2.5.29.17", writer.Encode(), critical: false);
    }

    private static X509Certificate2 WithNames(Action<AsnWriter> write)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            write(writer);
        }

        return TestAuthority.Root(new CertificatePlan("CN=x")
        {
            Extensions = [new X509Extension("2.5.29.17", writer.Encode(), critical: false)],
        }).Certificate;
    }

    private static byte[] Dn(string text)
    {
        Assert.True(Identity.TryParse(text, out Identity? id, out string fault), fault);
        return [.. id.Data];
    }

    private static Identity Of(IdType type, ReadOnlySpan<byte> data) => new(type, [.. data]);
}
