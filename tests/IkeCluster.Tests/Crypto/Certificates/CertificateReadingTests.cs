using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol.Values;
using PublicKey = IkeCluster.Crypto.Signatures.PublicKey;

namespace IkeCluster.Tests.Crypto.Certificates;

public sealed class CertificateReadingTests
{
    private static readonly TestAuthority Root = TestAuthority.Root();

    private static readonly byte[] Leaf = Root.Leaf(new CertificatePlan("C=CH, O=Example, CN=client")
    {
        IsAuthority = false,
        KeyUsage = X509KeyUsageFlags.DigitalSignature,
        Purposes = ["1.3.6.1.5.5.7.3.2"],
        DnsNames = ["client.example.org"],
    }).RawData;

    [Fact]
    public void A_sound_certificate_is_read()
    {
        Assert.True(PeerCertificate.TryRead(Leaf, out X509Certificate2 certificate, out CertificateFault fault));
        Assert.False(fault.IsFault);
        Assert.Equal(Leaf, certificate.RawData);
    }

    [Fact]
    public void Garbage_is_a_fault_and_never_an_exception()
    {
        byte[] pem = Encoding.ASCII.GetBytes(Root.Certificate.ExportCertificatePem());
        byte[] tooLong = new byte[CertificateLimits.CertificateOctetsMax + 1];
        foreach (byte[] garbage in new byte[][] { [], [0x30], [0x30, 0x00], new byte[64], [.. Leaf, 0x00], Leaf[..^1], pem, tooLong })
        {
            Assert.False(PeerCertificate.TryRead(garbage, out _, out CertificateFault fault));
            Assert.Equal(CertificateFaultKind.Unreadable, fault.Kind);
            Assert.NotEmpty(fault.Cause);
        }
    }

    /// <summary>Every octet of a certificate is changed in turn: nothing throws, and nothing changed is trusted.</summary>
    [Fact]
    [Trait("row", "48")]
    [Trait("row", "51")]
    public void A_certificate_with_any_octet_changed_is_refused_and_never_throws()
    {
        TrustAnchors anchors = Root.Anchors;
        Identity id = new(IdType.Fqdn, [.. "client.example.org"u8]);
        int read = 0;
        for (int at = 0; at < Leaf.Length; at++)
        {
            byte[] changed = [.. Leaf];
            changed[at] ^= (byte)(1 << (at % 8));
            if (!PeerCertificate.TryRead(changed, out X509Certificate2 certificate, out _))
            {
                continue;
            }

            read++;
            using (certificate)
            {
                ChainResult result = CertificateChain.Validate(certificate, [], anchors, TestAuthority.Now);
                Assert.False(result.IsOk, $"octet {at}");
                Assert.NotEmpty(result.Cause);
                _ = CertificateIdentity.Holds(certificate, id);
                using PublicKey? key = PublicKey.FromCertificate(certificate);
                _ = key?.Verify(SignatureAlgorithm.EcdsaSha256, [1, 2, 3], [4, 5, 6]);
                _ = TrustAnchors.IsAuthority(certificate, out _);
            }
        }

        Assert.InRange(read, 1, Leaf.Length);
    }

    [Fact]
    public void A_changed_intermediate_certificate_never_throws_either()
    {
        TestAuthority sub = Root.Issue(TestAuthority.Authority("CN=Sub"));
        X509Certificate2 leaf = sub.Leaf(new CertificatePlan("CN=client"));
        byte[] octets = sub.Certificate.RawData;
        for (int at = 0; at < octets.Length; at++)
        {
            octets[at] ^= 0x40;
            if (PeerCertificate.TryRead(octets, out X509Certificate2 changed, out _))
            {
                Assert.False(CertificateChain.Validate(leaf, [changed], Root.Anchors, TestAuthority.Now).IsOk);
                changed.Dispose();
            }

            octets[at] ^= 0x40;
        }
    }

    [Fact]
    public void A_file_gives_its_certificates_in_order()
    {
        using X509Certificate2 leaf = X509CertificateLoader.LoadCertificate(Leaf);
        string pem = "# comment\n" + leaf.ExportCertificatePem() + "\nbetween\n" + Root.Certificate.ExportCertificatePem() + "\n";

        Assert.True(CertificateFile.TryLoadPem(pem, out ImmutableArray<X509Certificate2> found, out string fault), fault);
        Assert.Equal([leaf.Thumbprint, Root.Certificate.Thumbprint], found.Select(one => one.Thumbprint));
        Assert.True(CertificateFile.TryLoad(Encoding.UTF8.GetBytes(pem), out found, out fault), fault);
        Assert.Equal(2, found.Length);
        Assert.True(CertificateFile.TryLoad(Leaf, out found, out fault), fault);
        Assert.Equal(leaf.Thumbprint, Assert.Single(found).Thumbprint);
    }

    [Fact]
    public void A_file_without_a_sound_certificate_says_what_is_wrong()
    {
        AssertFault("", "neither a certificate in PEM nor one in DER");
        AssertFault("hello", "neither a certificate in PEM nor one in DER");
        AssertFault("-----BEGIN X-----\nAAAA\n-----END X-----\n", "no certificate in PEM form");
        AssertFault("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "certificate 1 of the file cannot be read");
        AssertFault(
            Root.Certificate.ExportCertificatePem() + "\n-----BEGIN CERTIFICATE-----\nMAAB\n-----END CERTIFICATE-----\n",
            "certificate 2 of the file cannot be read");
    }

    [Fact]
    public void An_authority_is_named_by_the_SHA_1_of_its_key()
    {
        TestAuthority other = TestAuthority.Root("CN=Other");
        TrustAnchors anchors = TrustAnchors.From([Root.Certificate, other.Certificate]);

        Assert.Equal(40, anchors.KeyHashes.Length);
        Assert.Equal(TrustAnchors.KeyHash(other.Certificate), anchors.KeyHashes[20..].ToArray());
        Assert.True(anchors.Holds(TrustAnchors.KeyHash(Root.Certificate)));
        Assert.True(anchors.Holds(TrustAnchors.KeyHash(other.Certificate)));
        Assert.False(anchors.Holds(TrustAnchors.KeyHash(TestAuthority.Root().Certificate)));
        Assert.False(anchors.Holds([]));
        Assert.False(anchors.Holds(anchors.KeyHashes));
    }

    private static void AssertFault(string content, string cause)
    {
        Assert.False(CertificateFile.TryLoad(Encoding.UTF8.GetBytes(content), out ImmutableArray<X509Certificate2> found, out string fault));
        Assert.Empty(found);
        Assert.Contains(cause, fault, StringComparison.Ordinal);
    }
}
