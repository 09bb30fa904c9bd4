using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Payloads;
using IkeCluster.Protocol.Values;
using IkeCluster.Tests.Crypto.Certificates;
using IkeCluster.Tests.Crypto.Signatures;
using IkeCluster.Tests.Engine;
using PublicKey = IkeCluster.Crypto.Signatures.PublicKey;

namespace IkeCluster.Tests.KnownAttacks;

/// <summary>Rows 37 to 55: identities, certificates, signatures.</summary>
public sealed class IdentityAttackTests : IDisposable
{
    private const int RsaOctets = 256;
    private static readonly byte[] Signed = [.. "what AUTH covers"u8];
    private static readonly TestAuthority Root = TestAuthority.Root();

    private readonly AttackBench _bench = new(Policies.Of(
        Policies.RoadWarrior,
        Policies.RoadWarrior with
        {
            Name = "certificates",
            Remote = new RemoteAuthPolicy { Auth = AuthScheme.PublicKey, Id = Policies.Id("*.example.org"), Anchors = Root.Anchors },
        }));

    [Fact]
    [Trait("row", "37")]
    [Trait("row", "38")]
    public void A_name_that_is_cut_anywhere_is_nobodys()
    {
        Identity whole = Policies.Id("C=CH, O=Example, CN=alice");
        foreach (IdType type in (IdType[])[IdType.DerAsn1Dn, IdType.KeyId, IdType.Fqdn, IdType.Rfc822Addr])
        {
            for (int octets = 0; octets < whole.Data.Length; octets++)
            {
                var cut = new Identity(type, [.. whole.Data.Take(octets)]);
                Assert.Equal(0, whole.Match(cut));
                Assert.Equal(0, Policies.Id("C=CH, O=Example, CN=*").Match(cut));
                Assert.NotEqual(whole, cut);
                Assert.DoesNotContain(cut.ToString(), char.IsControl);
            }
        }
    }

    [Fact]
    [Trait("row", "39")]
    public void An_identity_of_fifteen_kilobytes_is_refused()
    {
        using KeyHolder half = _bench.Begin();
        byte[]? reply = SendIdentity(half, 15_000);
        Assert.Contains(new Answer(half.Open(reply!)!).Refusal, (NotifyType[])[NotifyType.InvalidSyntax, NotifyType.AuthenticationFailed]);
        Assert.Null(_bench.Find(half.Spi));
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "39")]
    public void An_identity_of_sixty_kilobytes_is_not_even_collected()
    {
        using KeyHolder half = _bench.Begin();
        Assert.Null(SendIdentity(half, 60_000));
        Assert.Equal(SaPhase.HalfOpen, _bench.StateOf(half.Spi).Phase);
        _bench.AssertUnharmed();
    }

    private byte[]? SendIdentity(KeyHolder half, int octets)
    {
        byte[] id = [39, 0, (byte)(octets >> 8), (byte)octets, 2, 0, 0, 0, .. Enumerable.Repeat((byte)'a', octets - 8)];
        byte[] chain = [.. id, 0, 0, 0, 56, 2, 0, 0, 0, .. new byte[48]];
        byte[][] parts = [.. chain.Chunk(1_000)];
        byte[]? reply = null;
        for (int i = 0; i < parts.Length; i++)
        {
            PayloadType first = i == 0 ? PayloadType.IdInitiator : PayloadType.None;
            reply = _bench.Send(half.Seal(ExchangeType.IkeAuth, new MessageId(1), false, first, parts[i], i + 1, parts.Length));
        }

        return reply;
    }

    [Theory]
    [Trait("row", "40")]
    [Trait("row", "41")]
    [InlineData("alice@example.org\n2026-01-01 root logged in")]
    [InlineData("$(reboot)@example.org; `reboot`; '\"")]
    [InlineData("%s%n%x@example.org")]
    [InlineData("a\0lice@example.org")]
    [InlineData("../../etc/passwd@example.org")]
    public void Text_of_a_peer_is_shown_escaped_and_opens_nothing(string name)
    {
        using KeyHolder half = _bench.Begin();
        var identity = new Identity(IdType.Rfc822Addr, [.. System.Text.Encoding.UTF8.GetBytes(name), 0xff, 0xc0]);
        Answer answer = _bench.Ask(half, ExchangeType.IkeAuth, (ref PayloadWriter writer) =>
        {
            writer.Id(PayloadType.IdInitiator, identity);
            writer.Notify((NotifyType)40000, System.Text.Encoding.UTF8.GetBytes(name));
            writer.Auth(AuthMethod.SharedKey, _bench.Proof(half, identity));
            AttackBench.GoodChild(ref writer);
        })!;

        Assert.Equal(NotifyType.AuthenticationFailed, answer.Refusal);
        SaEvent.LoginFailed told = _bench.World.Events.Story.OfType<SaEvent.LoginFailed>().Last();
        Assert.DoesNotContain($"{told.RemoteId}{told.Cause}", char.IsControl);
        Assert.InRange($"{told.RemoteId}".Length, 1, 4 * Limits.IdentityOctetsMax);
        _bench.AssertUnharmed();
    }

    [Fact]
    [Trait("row", "42")]
    public void An_ECDSA_signature_of_nothing_or_of_the_order_holds_for_nothing()
    {
        using PublicKey key = TestKeys.PublicHalf(TestKeys.P256);
        byte[] order = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        byte[] zero = new byte[32];
        foreach (byte[] data in (byte[][])[[], zero, [.. zero, .. zero], [.. order, .. order], [.. zero, .. order], [.. order, .. zero], new byte[63], new byte[65]])
        {
            Assert.False(Verify(key, AuthMethod.EcdsaP256, data));
        }

        foreach (string der in (string[])["", "30", "3000", "3006020100020100", "300402000200", "30080202000002020000"])
        {
            byte[] identifier = AlgorithmIdentifier.Write(SignatureAlgorithm.EcdsaSha256);
            Assert.False(Verify(key, AuthMethod.DigitalSignature, [(byte)identifier.Length, .. identifier, .. Convert.FromHexString(der)]));
        }
    }

    [Fact]
    [Trait("row", "43")]
    public void Of_RSA_PKCS1_only_the_one_encoding_is_taken()
    {
        using RSA rsa = RSA.Create(8 * RsaOctets);
        using PublicKey key = PublicKey.FromSpki(rsa.ExportSubjectPublicKeyInfo())!;
        byte[] hash = SHA256.HashData(Signed);
        byte[] info = Convert.FromHexString("3031300d060960864801650304020105000420");
        byte[] noParameters = Convert.FromHexString("302f300b0609608648016503040201" + "0420");
        Assert.True(Verify(key, AuthMethod.RsaSignature, Raw(rsa, Encode([.. info, .. hash]))));

        byte[] garbage = RandomNumberGenerator.GetBytes(100);
        Assert.False(Verify(key, AuthMethod.RsaSignature, Raw(rsa, Encode([.. info, .. hash, .. garbage]))));
        Assert.False(Verify(key, AuthMethod.RsaSignature, Raw(rsa, Encode([.. noParameters, .. hash]))));
        Assert.False(Verify(key, AuthMethod.RsaSignature, Raw(rsa, Encode([.. info, .. hash.AsSpan(0, 16)]))));
        Assert.False(Verify(key, AuthMethod.RsaSignature, Raw(rsa, Encode(hash))));
        Assert.False(Verify(key, AuthMethod.RsaSignature, Raw(rsa, [0, 1, 0xff, 0, .. info, .. hash, .. new byte[RsaOctets - 4 - info.Length - hash.Length]])));
        Assert.False(Verify(key, AuthMethod.RsaSignature, Raw(rsa, [0, 2, .. Encode([.. info, .. hash]).AsSpan(2)])));
    }

    [Fact]
    [Trait("row", "45")]
    [Trait("row", "49")]
    public void An_RSA_key_that_is_none_verifies_nothing()
    {
        using RSA rsa = RSA.Create(8 * RsaOctets);
        RSAParameters sound = rsa.ExportParameters(includePrivateParameters: false);
        byte[] even = [.. sound.Modulus!];
        even[^1] &= 0xfe;
        (byte[] Modulus, byte[] Exponent)[] odd =
            [(new byte[RsaOctets], sound.Exponent!), (even, sound.Exponent!), (sound.Modulus!, [0]), (sound.Modulus!, [1]), (sound.Modulus!, [2]), ([1], [1])];
        foreach ((byte[] modulus, byte[] exponent) in odd)
        {
            using PublicKey? key = PublicKey.FromSpki(Spki(modulus, exponent));
            byte[] identity = Encode([.. Convert.FromHexString("3031300d060960864801650304020105000420"), .. SHA256.HashData(Signed)]);
            Assert.False(key is not null && Verify(key, AuthMethod.RsaSignature, identity));
            Assert.False(key is not null && Verify(key, AuthMethod.RsaSignature, new byte[RsaOctets]));
        }

        using PublicKey good = PublicKey.FromSpki(rsa.ExportSubjectPublicKeyInfo())!;
        Assert.False(Verify(good, AuthMethod.RsaSignature, sound.Modulus!));
        Assert.False(Verify(good, AuthMethod.RsaSignature, [.. Enumerable.Repeat((byte)0xff, RsaOctets)]));
        Assert.False(Verify(good, AuthMethod.RsaSignature, new byte[RsaOctets]));
        Assert.False(Verify(good, AuthMethod.RsaSignature, []));
    }

    [Fact]
    [Trait("row", "50")]
    public void A_certificate_that_names_places_makes_nobody_go_there()
    {
        // Nothing answers at this address (RFC 5737), so whoever asked there would wait for it.
        TestAuthority sub = Root.Issue(TestAuthority.Authority("CN=Sub"));
        X509Certificate2 leaf = sub.Leaf(new CertificatePlan("CN=laptop")
        {
            DnsNames = ["laptop.example.org"],
            Extensions =
            [
                CertificateRevocationListBuilder.BuildCrlDistributionPointExtension(["http://192.0.2.1/endless.crl"]),
                new X509AuthorityInformationAccessExtension(["http://192.0.2.1/ocsp"], ["http://192.0.2.1/sub.crt"]),
            ],
        });

        long began = System.Diagnostics.Stopwatch.GetTimestamp();
        ChainResult withoutSub = CertificateChain.Validate(leaf, [], Root.Anchors, TestAuthority.Now, AuthScheme.PublicKey);
        ChainResult withSub = CertificateChain.Validate(leaf, [sub.Certificate], Root.Anchors, TestAuthority.Now, AuthScheme.PublicKey);

        Assert.False(withoutSub.IsOk);
        Assert.True(withSub.IsOk, withSub.Cause);
        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 3);
    }

    [Theory]
    [Trait("row", "52")]
    [InlineData("vpn.evil.example.org", false)]
    [InlineData("VPN.EVIL.example.org", false)]
    [InlineData("vpn.good.example.org", true)]
    public void An_excluded_name_is_excluded_in_any_case(string name, bool isTaken)
    {
        TestAuthority sub = Root.Issue(TestAuthority.Authority("CN=Sub") with { Extensions = [ExcludedDns("evil.example.org")] });
        X509Certificate2 leaf = sub.Leaf(new CertificatePlan("CN=vpn") { DnsNames = [name] });

        Assert.Equal(isTaken, CertificateChain.Validate(leaf, [sub.Certificate], Root.Anchors, TestAuthority.Now, AuthScheme.PublicKey).IsOk);
    }

    [Theory]
    [Trait("row", "54")]
    [Trait("row", "55")]
    [InlineData(0, "")]
    [InlineData(4, "")]
    [InlineData(4, "0\u0082")]
    [InlineData(7, "a CRL")]
    [InlineData(11, "a raw key")]
    [InlineData(12, "01234567890123456789http://127.0.0.1/latest/meta-data")]
    [InlineData(13, "01234567890123456789file:///etc/passwd")]
    [InlineData(255, "")]
    public void A_certificate_in_an_encoding_that_is_not_taken_refuses_the_login(byte encoding, string data)
    {
        using KeyHolder half = _bench.Begin();
        Answer answer = _bench.Ask(half, ExchangeType.IkeAuth, (ref PayloadWriter writer) =>
        {
            writer.Id(PayloadType.IdInitiator, Policies.Id("laptop.example.org"));
            writer.Cert((CertEncoding)encoding, System.Text.Encoding.Latin1.GetBytes(data));
            writer.Cert((CertEncoding)encoding, System.Text.Encoding.Latin1.GetBytes(data));
            writer.Auth(AuthMethod.RsaSignature, new byte[RsaOctets]);
            AttackBench.GoodChild(ref writer);
        })!;

        Assert.Equal(NotifyType.AuthenticationFailed, answer.Refusal);
        Assert.Null(_bench.Find(half.Spi));
        _bench.AssertUnharmed();
    }

    private static bool Verify(PublicKey key, AuthMethod method, byte[] data) =>
        AuthSignature.Verify(key, method, data, Signed, allowSha1: false, out _);

    // 00 01 FF .. FF 00, and what stands behind it (RFC 8017 §9.2).
    private static byte[] Encode(byte[] content) =>
        [0, 1, .. Enumerable.Repeat((byte)0xff, RsaOctets - 3 - content.Length), 0, .. content];

    /// <summary>The private operation alone, on whatever encoding it is given.</summary>
    private static byte[] Raw(RSA rsa, byte[] encoded)
    {
        RSAParameters parts = rsa.ExportParameters(includePrivateParameters: true);
        BigInteger signature = BigInteger.ModPow(Number(encoded), Number(parts.D!), Number(parts.Modulus!));
        byte[] octets = signature.ToByteArray(isUnsigned: true, isBigEndian: true);
        return [.. new byte[RsaOctets - octets.Length], .. octets];
    }

    private static BigInteger Number(byte[] octets) => new(octets, isUnsigned: true, isBigEndian: true);

    private static byte[] Spki(byte[] modulus, byte[] exponent)
    {
        var key = new AsnWriter(AsnEncodingRules.DER);
        using (key.PushSequence())
        {
            key.WriteInteger(Number(modulus));
            key.WriteInteger(Number(exponent));
        }

        var info = new AsnWriter(AsnEncodingRules.DER);
        using (info.PushSequence())
        {
            using (info.PushSequence())
            {
                info.WriteObjectIdentifier("1.2.840.113549.1.1.1");
                info.WriteNull();
            }

            info.WriteBitString(key.Encode());
        }

        return info.Encode();
    }

    private static X509Extension ExcludedDns(string name)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 1, isConstructed: true)))
        using (writer.PushSequence())
        {
            writer.WriteCharacterString(UniversalTagNumber.IA5String, name, new Asn1Tag(TagClass.ContextSpecific, 2));
        }

        return new X509Extension(new Oid("2.5.29.30"), writer.Encode(), critical: true);
    }

    public void Dispose() => _bench.Dispose();
}
