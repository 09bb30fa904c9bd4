using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Crypto.Signatures;

namespace IkeCluster.Tests.Crypto.Certificates;

public sealed class CertificateChainTests
{
    private static readonly TestAuthority Root = TestAuthority.Root("O=Example, CN=Root");
    private static readonly CertificatePlan Client = new("CN=client") { KeyUsage = X509KeyUsageFlags.DigitalSignature };

    [Fact]
    public void A_certificate_of_a_trusted_authority_is_taken()
    {
        AssertTaken(Validate(Root.Leaf(Client)));
        AssertTaken(Validate(Root.Leaf(new CertificatePlan("CN=plain"))));
    }

    [Fact]
    public void The_time_is_the_callers_and_both_ends_of_the_validity_are_named()
    {
        X509Certificate2 leaf = Root.Leaf(Client);
        AssertTaken(ValidateAt(leaf, Client.NotBefore));
        AssertTaken(ValidateAt(leaf, Client.NotAfter.AddSeconds(-1)));
        AssertRefused(
            ValidateAt(leaf, Client.NotAfter.AddSeconds(1)),
            CertificateFaultKind.Expired,
            "«CN=client» is expired since 2026-06-16 12:00:00Z");
        AssertRefused(
            ValidateAt(leaf, Client.NotBefore.AddSeconds(-1)),
            CertificateFaultKind.NotYetValid,
            "«CN=client» is not valid before 2026-06-14 12:00:00Z");
    }

    [Fact]
    public void An_expired_authority_is_named_too()
    {
        CertificatePlan plan = TestAuthority.Authority("CN=Old Sub") with { NotAfter = TestAuthority.Midday.AddMonths(-1) };
        TestAuthority old = Root.Issue(plan);
        AssertRefused(Validate(old.Leaf(Client), old.Certificate), CertificateFaultKind.Expired, "«CN=Old Sub» is expired");
    }

    [Fact]
    public void A_stranger_authority_is_not_trusted_even_when_it_is_sent_along()
    {
        TestAuthority stranger = TestAuthority.Root("CN=Stranger");
        AssertRefused(Validate(stranger.Leaf(Client)), CertificateFaultKind.UnknownIssuer, "«CN=Stranger»");
        AssertRefused(
            Validate(stranger.Leaf(Client), stranger.Certificate), CertificateFaultKind.UnknownIssuer, "not among the trusted");
    }

    [Fact]
    public void A_certificate_that_signed_itself_is_not_trusted() => AssertRefused(
        Validate(TestAuthority.Root(Client).Certificate), CertificateFaultKind.UnknownIssuer, "«CN=client»");

    [Fact]
    public void An_authority_of_the_same_name_and_another_key_is_not_trusted()
    {
        TestAuthority impostor = Root.Impostor();
        Assert.False(Validate(impostor.Leaf(Client)).IsOk);
        Assert.False(Validate(impostor.Leaf(Client), impostor.Certificate).IsOk);
    }

    [Fact]
    public void An_intermediate_authority_must_be_sent_or_known()
    {
        TestAuthority sub = Root.Issue(TestAuthority.Authority("CN=Sub"));
        TestAuthority subSub = sub.Issue(TestAuthority.Authority("CN=Sub Sub"));
        X509Certificate2 leaf = subSub.Leaf(Client);

        AssertTaken(Validate(leaf, sub.Certificate, subSub.Certificate));
        AssertTaken(Validate(leaf, subSub.Certificate, sub.Certificate));
        AssertRefused(Validate(leaf, subSub.Certificate), CertificateFaultKind.UnknownIssuer, "«CN=Sub»");
        AssertRefused(Validate(leaf), CertificateFaultKind.UnknownIssuer, "«CN=Sub Sub»");
    }

    [Fact]
    public void An_intermediate_authority_can_be_the_anchor()
    {
        TestAuthority sub = Root.Issue(TestAuthority.Authority("CN=Sub"));
        X509Certificate2 leaf = sub.Leaf(Client);
        AssertTaken(CertificateChain.Validate(leaf, [], sub.Anchors, TestAuthority.Now));

        // Another child of the same root is not below this anchor.
        X509Certificate2 other = Root.Leaf(Client);
        AssertRefused(
            CertificateChain.Validate(other, [Root.Certificate], sub.Anchors, TestAuthority.Now),
            CertificateFaultKind.UnknownIssuer,
            "«O=Example, CN=Root»");
    }

    [Fact]
    public void An_anchor_that_is_no_root_does_not_vouch_for_another_key_of_its_name()
    {
        TestAuthority sub = Root.Issue(TestAuthority.Authority("CN=Sub"));
        TestAuthority impostor = sub.Impostor();
        Assert.False(CertificateChain.Validate(impostor.Leaf(Client), [], sub.Anchors, TestAuthority.Now).IsOk);
        Assert.False(CertificateChain.Validate(
            impostor.Leaf(Client), [impostor.Certificate], sub.Anchors, TestAuthority.Now).IsOk);
    }

    [Fact]
    public void Below_an_anchor_that_is_no_root_everything_else_is_judged_too()
    {
        TestAuthority sub = Root.Issue(TestAuthority.Authority("CN=Sub") with
        {
            PathLength = 0,
            Extensions = [PermittedDns("example.org")],
        });
        TestAuthority below = sub.Issue(TestAuthority.Authority("CN=Below"));
        CertificatePlan old = Client with { NotAfter = TestAuthority.Midday.AddHours(-1) };
        AssertRefused(ValidateUnder(sub, sub.Leaf(old)), CertificateFaultKind.Expired, "«CN=client» is expired");
        AssertRefused(
            ValidateUnder(sub, sub.Leaf(Client with { DnsNames = ["example.com"] })),
            CertificateFaultKind.NameConstraint,
            "name constraint");
        AssertRefused(
            ValidateUnder(sub, below.Leaf(Client), below.Certificate), CertificateFaultKind.PathTooLong, "longer than");
        AssertRefused(
            ValidateUnder(sub, sub.Leaf(Client with { KeyUsage = X509KeyUsageFlags.KeyAgreement })),
            CertificateFaultKind.KeyUsage,
            "digitalSignature");
    }

    [Fact]
    public void Who_is_no_authority_signs_nothing()
    {
        foreach (bool? flag in new bool?[] { null, false })
        {
            TestAuthority user = Root.Issue(new CertificatePlan("CN=user") { IsAuthority = flag });
            AssertRefused(
                Validate(user.Leaf(Client), user.Certificate), CertificateFaultKind.NotAnAuthority, "«CN=user» signed a certificate");
        }
    }

    [Fact]
    public void An_anchor_without_the_CA_flag_is_refused()
    {
        TestAuthority flat = TestAuthority.Root(new CertificatePlan("CN=flat"));
        ChainResult result = CertificateChain.Validate(flat.Leaf(Client), [], flat.Anchors, TestAuthority.Now);
        AssertRefused(result, CertificateFaultKind.NotAnAuthority, "«CN=flat»");
        Assert.False(TrustAnchors.IsAuthority(flat.Certificate, out string fault));
        Assert.Contains("CA:TRUE", fault, StringComparison.Ordinal);
        Assert.True(TrustAnchors.IsAuthority(Root.Certificate, out _));
    }

    [Fact]
    public void An_authority_without_keyCertSign_signs_nothing()
    {
        CertificatePlan plan = TestAuthority.Authority("CN=Sub") with { KeyUsage = X509KeyUsageFlags.DigitalSignature };
        TestAuthority sub = Root.Issue(plan);
        ChainResult result = Validate(sub.Leaf(Client), sub.Certificate);
        AssertRefused(result, CertificateFaultKind.KeyUsage, "keyCertSign");
    }

    [Fact]
    public void A_path_length_is_kept_to()
    {
        TestAuthority narrow = Root.Issue(TestAuthority.Authority("CN=Narrow") with { PathLength = 0 });
        TestAuthority below = narrow.Issue(TestAuthority.Authority("CN=Below"));
        AssertTaken(Validate(narrow.Leaf(Client), narrow.Certificate));
        AssertRefused(
            Validate(below.Leaf(Client), narrow.Certificate, below.Certificate), CertificateFaultKind.PathTooLong, "longer than");
    }

    [Fact]
    public void A_chain_has_at_most_as_many_certificates_as_the_limit_says()
    {
        List<X509Certificate2> chain = [];
        TestAuthority last = Root;
        while (chain.Count < CertificateLimits.ChainCertificatesMax - 2)
        {
            last = last.Issue(TestAuthority.Authority($"CN=Sub {chain.Count}"));
            chain.Add(last.Certificate);
        }

        AssertTaken(Validate(last.Leaf(Client), [.. chain]));
        last = last.Issue(TestAuthority.Authority("CN=One more"));
        AssertRefused(
            Validate(last.Leaf(Client), [.. chain, last.Certificate]), CertificateFaultKind.PathTooLong, "more than 8");
    }

    [Fact]
    [Trait("row", "51")]
    public void More_certificates_than_the_limit_are_not_even_looked_at()
    {
        X509Certificate2[] many = [.. Enumerable.Repeat(Root.Certificate, CertificateLimits.PeerCertificatesMax)];
        AssertRefused(Validate(Root.Leaf(Client), many), CertificateFaultKind.TooMany, "more than 10");
        AssertTaken(Validate(Root.Leaf(Client), many[1..]));
    }

    [Theory]
    [InlineData(X509KeyUsageFlags.DigitalSignature, true)]
    [InlineData(X509KeyUsageFlags.NonRepudiation, true)]
    [InlineData(X509KeyUsageFlags.KeyEncipherment, false)]
    [InlineData(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, false)]
    public void The_key_usage_of_the_leaf_must_allow_signatures(X509KeyUsageFlags usage, bool isTaken)
    {
        ChainResult result = Validate(Root.Leaf(Client with { KeyUsage = usage }));
        Assert.Equal(isTaken ? CertificateFaultKind.None : CertificateFaultKind.KeyUsage, result.Fault.Kind);
    }

    [Theory]
    [InlineData("2.5.29.37.0", true)]
    [InlineData("1.3.6.1.5.5.7.3.1", true)]
    [InlineData("1.3.6.1.5.5.7.3.2", true)]
    [InlineData("1.3.6.1.5.5.7.3.17", true)]
    [InlineData("1.3.6.1.5.5.8.2.2", true)]
    [InlineData("1.3.6.1.5.5.7.3.3", false)]
    [InlineData("1.3.6.1.5.5.7.3.4", false)]
    public void The_extended_key_usage_of_the_leaf_must_fit(string purpose, bool isTaken)
    {
        ChainResult result = Validate(Root.Leaf(Client with { Purposes = [purpose] }));
        Assert.Equal(isTaken ? CertificateFaultKind.None : CertificateFaultKind.ExtendedKeyUsage, result.Fault.Kind);
        AssertTaken(Validate(Root.Leaf(Client with { Purposes = [purpose, "1.3.6.1.5.5.7.3.2"] })));
    }

    [Fact]
    public void A_name_constraint_of_an_authority_holds()
    {
        TestAuthority sub = Root.Issue(TestAuthority.Authority("CN=Sub") with { Extensions = [PermittedDns("example.org")] });
        AssertTaken(Validate(sub.Leaf(Client with { DnsNames = ["vpn.example.org"] }), sub.Certificate));
        AssertRefused(
            Validate(sub.Leaf(Client with { DnsNames = ["vpn.example.com"] }), sub.Certificate),
            CertificateFaultKind.NameConstraint,
            "name constraint");
    }

    [Fact]
    public void A_critical_extension_that_nobody_knows_is_refused()
    {
        X509Extension unknown = new(new Oid("1.3.6.1.4.1.99999.1"), [0x05, 0x00], critical: true);
        AssertRefused(
            Validate(Root.Leaf(Client with { Extensions = [unknown] })), CertificateFaultKind.UnknownExtension, "critical extension");
        unknown.Critical = false;
        AssertTaken(Validate(Root.Leaf(Client with { Extensions = [unknown] })));
    }

    [Fact]
    public void SHA_1_in_a_certificate_is_refused_unless_it_is_named()
    {
        TestAuthority rsaRoot = TestAuthority.Root(TestAuthority.Authority("CN=RSA Root") with { Key = TestKeys.Rsa2048 });
        X509Certificate2 leaf = rsaRoot.Leaf(Client with { Hash = HashAlgorithmName.SHA1, Key = TestKeys.Rsa3104 });
        AssertRefused(
            CertificateChain.Validate(leaf, [], rsaRoot.Anchors, TestAuthority.Now),
            CertificateFaultKind.WeakSignature,
            "RSA_EMSA_PKCS1_SHA1");
        AssertTaken(CertificateChain.Validate(leaf, [], rsaRoot.Anchors, TestAuthority.Now, AuthScheme.PublicKeyOrSha1));
    }

    [Fact]
    public void A_root_may_have_signed_itself_with_SHA_1()
    {
        CertificatePlan plan = TestAuthority.Authority("CN=RSA Root") with
        {
            Key = TestKeys.Rsa2048,
            Hash = HashAlgorithmName.SHA1,
        };
        TestAuthority rsaRoot = TestAuthority.Root(plan);
        AssertTaken(CertificateChain.Validate(rsaRoot.Leaf(Client), [], rsaRoot.Anchors, TestAuthority.Now));
    }

    [Fact]
    [Trait("row", "44")]
    public void A_small_RSA_key_anywhere_in_the_chain_is_refused()
    {
        X509Certificate2 leaf = Root.Leaf(Client with { Key = TestKeys.Rsa1024 });
        AssertRefused(Validate(leaf), CertificateFaultKind.WeakKey, "1024 bits");

        CertificatePlan plan = TestAuthority.Authority("CN=Small Root") with { Key = TestKeys.Rsa1024 };
        TestAuthority small = TestAuthority.Root(plan);
        AssertRefused(
            CertificateChain.Validate(small.Leaf(Client), [], small.Anchors, TestAuthority.Now),
            CertificateFaultKind.WeakKey,
            "«CN=Small Root»");

        Assert.True(AuthScheme.TryParse("rsa-1024", out AuthScheme scheme, out _));
        AssertTaken(CertificateChain.Validate(leaf, [], Root.Anchors, TestAuthority.Now, scheme));
    }

    [Fact]
    public void A_key_of_another_curve_is_refused()
    {
        using ECDsa brainpool = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        CertificateRequest request = new("CN=brainpool", brainpool, HashAlgorithmName.SHA256);
        X509Certificate2 selfSigned = request.CreateSelfSigned(Client.NotBefore, Client.NotAfter);
        AssertRefused(
            CertificateChain.Validate(selfSigned, [], TrustAnchors.From([selfSigned]), TestAuthority.Now),
            CertificateFaultKind.WeakKey,
            "P-256, P-384 or P-521");
    }

    [Theory]
    [InlineData(KeyKind.Ed25519)]
    [InlineData(KeyKind.Ed448)]
    public void Edwards_curves_serve_for_leaves_and_authorities(KeyKind kind)
    {
        PrivateKey key = TestKeys.Of(kind);
        TestAuthority root = TestAuthority.Root(TestAuthority.Authority("CN=Edwards") with { Key = key });
        X509Certificate2 leaf = root.Leaf(Client with { Key = key });
        AssertTaken(CertificateChain.Validate(leaf, [], root.Anchors, TestAuthority.Now));
        Assert.True(key.Matches(leaf));
        Assert.False(root.Impostor().Leaf(Client) is { } other && key.Matches(other));
        Assert.False(CertificateChain.Validate(leaf, [], root.Impostor().Anchors, TestAuthority.Now).IsOk);
    }

    [Fact]
    public void A_named_hash_limits_the_certificates_too_and_ike_does_not()
    {
        X509Certificate2 leaf = Root.Leaf(Client);
        foreach ((string text, bool isTaken) in new[]
                 {
                     ("ecdsa-sha256", true), ("ecdsa-sha384", false), ("ike:ecdsa-sha384", true), ("rsa-sha256", false),
                     ("ecdsa-sha384-ecdsa-sha256", true), ("ecdsa-384", false),
                 })
        {
            Assert.True(AuthScheme.TryParse(text, out AuthScheme scheme, out string fault), fault);
            Assert.Equal(isTaken, CertificateChain.Validate(leaf, [], Root.Anchors, TestAuthority.Now, scheme).IsOk);
        }
    }

    [Fact]
    [Trait("row", "41")]
    public void A_name_that_a_stranger_chose_cannot_break_the_log()
    {
        X500DistinguishedNameBuilder name = new();
        name.AddCommonName("evil\nroot logged in\u001b[2J" + new string('x', 500));
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name.Build(), key, HashAlgorithmName.SHA256);
        ChainResult result = Validate(request.CreateSelfSigned(Client.NotBefore, Client.NotAfter));

        Assert.False(result.IsOk);
        Assert.DoesNotContain(result.Cause, char.IsControl);
        Assert.InRange(result.Cause.Length, 1, 500);
    }

    private static ChainResult Validate(X509Certificate2 leaf, params X509Certificate2[] sent) =>
        CertificateChain.Validate(leaf, sent, Root.Anchors, TestAuthority.Now);

    private static ChainResult ValidateUnder(TestAuthority anchor, X509Certificate2 leaf, params X509Certificate2[] sent) =>
        CertificateChain.Validate(leaf, sent, anchor.Anchors, TestAuthority.Now);

    private static ChainResult ValidateAt(X509Certificate2 leaf, DateTimeOffset at) =>
        CertificateChain.Validate(leaf, [], Root.Anchors, Instant.FromUtc(at.UtcDateTime));

    private static void AssertTaken(ChainResult result) => Assert.True(result.IsOk, result.Cause);

    private static void AssertRefused(ChainResult result, CertificateFaultKind kind, string cause)
    {
        Assert.False(result.IsOk);
        Assert.Equal(kind, result.Fault.Kind);
        Assert.Contains(cause, result.Cause, StringComparison.Ordinal);
    }

    // NameConstraints ::= SEQUENCE { [0] { GeneralSubtree { dNSName [2] } } } (RFC 5280 §4.2.1.10)
    private static X509Extension PermittedDns(string domain)
    {
        byte[] name = System.Text.Encoding.ASCII.GetBytes(domain);
        byte length = (byte)name.Length;
        byte[] constraints =
        [
            0x30, (byte)(length + 6), 0xA0, (byte)(length + 4), 0x30, (byte)(length + 2), 0x82, length, .. name,
        ];
        return new X509Extension(new Oid("2.5.29.30"), constraints, critical: true);
    }
}
