using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Tests.Crypto.Certificates;
using PublicKey = IkeCluster.Crypto.Signatures.PublicKey;

namespace IkeCluster.Tests.Crypto.Signatures;

public sealed class PrivateKeyPemTests
{
    private const string Passphrase = "pässphrase";

    // openssl genpkey -algorithm ed25519 | openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret
    private const string EncryptedEd25519 = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhIHeBa48blAQICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEHYx6CWiGBB5fVebamP9S2IEQLLU
        zzORkpSJL8kau4nG2ArjNS95MVMZEAKT3oeC4ZVPuqJzLx+16c8pWU1YO4MQ1BaP
        JpkkX+YP+3yiiRZ+T5A=
        -----END ENCRYPTED PRIVATE KEY-----
        """;

    // openssl genpkey -algorithm ec, then openssl pkcs8 -topk8 -scrypt -passout pass:secret
    private const string ScryptP256 = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIHkME8GCSqGSIb3DQEFDTBCMCEGCSsGAQQB2kcECzAUBAiCJhTmFH9DsgICQAAC
        AQgCAQEwHQYJYIZIAWUDBAEqBBALR1szcAeO58NnXrEFtrU2BIGQgvCWj7gzB8Vz
        21mPAAMjMjjTCU3Y66Oo2AZNY6UkSXUH5KO8agkvLb/PmvqyS0BixC31xqEyMnVn
        65sVqlnH0FpBb6YnAPelzkl7U60356kiXj/rb6vjSmTckqAkYxWWI81Orze6oFNk
        /5ZFTCShCqOLAYs63Upym3Aku6J2jxJyTzmlMzUe6/svnVjbCug1
        -----END ENCRYPTED PRIVATE KEY-----
        """;

    private static readonly PbeParameters Encryption = new(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000);

    [Fact]
    public void An_RSA_key_is_read_in_every_form()
    {
        using RSA rsa = RSA.Create(2048);
        foreach (string pem in new[]
                 {
                     rsa.ExportRSAPrivateKeyPem(), rsa.ExportPkcs8PrivateKeyPem(),
                     rsa.ExportEncryptedPkcs8PrivateKeyPem(Passphrase, Encryption),
                 })
        {
            using PrivateKey key = TestKeys.Load(pem, Passphrase);
            Assert.Equal((KeyKind.Rsa, 2048), (key.Kind, key.Bits));
            Assert.Equal(rsa.ExportSubjectPublicKeyInfo(), key.SubjectPublicKeyInfo());
        }
    }

    [Theory]
    [InlineData("nistP256", KeyKind.Ecdsa256, 256)]
    [InlineData("nistP384", KeyKind.Ecdsa384, 384)]
    [InlineData("nistP521", KeyKind.Ecdsa521, 521)]
    public void An_ECDSA_key_is_read_in_every_form(string curve, KeyKind kind, int bits)
    {
        using ECDsa ecdsa = ECDsa.Create(ECCurve.CreateFromFriendlyName(curve));
        const string parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        foreach (string pem in new[]
                 {
                     ecdsa.ExportECPrivateKeyPem(), parameters + ecdsa.ExportECPrivateKeyPem(), ecdsa.ExportPkcs8PrivateKeyPem(),
                     ecdsa.ExportEncryptedPkcs8PrivateKeyPem(Passphrase, Encryption),
                 })
        {
            using PrivateKey key = TestKeys.Load(pem, Passphrase);
            Assert.Equal((kind, bits), (key.Kind, key.Bits));
            Assert.Equal(ecdsa.ExportSubjectPublicKeyInfo(), key.SubjectPublicKeyInfo());
        }
    }

    /// <summary>RFC 8410 §10.1 and §10.3: the public key that belongs to the private one.</summary>
    [Fact]
    public void The_Ed25519_key_of_RFC_8410_has_its_public_key() => Assert.Equal(
        "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1",
        Convert.ToHexStringLower(TestKeys.Ed25519.SubjectPublicKeyInfo()));

    /// <summary>RFC 8410 §10.3: the form with attributes and public key, version 2 of RFC 5958.</summary>
    [Fact]
    public void An_Ed25519_key_with_its_public_key_is_read()
    {
        using PrivateKey key = TestKeys.Load("""
            -----BEGIN PRIVATE KEY-----
            MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
            oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
            Z9w7lshQhqowtrbLDFw4rXAxZuE=
            -----END PRIVATE KEY-----
            """);
        Assert.Equal(TestKeys.Ed25519.SubjectPublicKeyInfo(), key.SubjectPublicKeyInfo());
    }

    /// <summary>RFC 8032 §7.4: the public key and the signature of the empty message.</summary>
    [Fact]
    public void The_Ed448_key_of_RFC_8032_signs_as_it_says()
    {
        Assert.EndsWith(
            "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
            Convert.ToHexStringLower(TestKeys.Ed448.SubjectPublicKeyInfo()),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd39",
            Convert.ToHexStringLower(TestKeys.Ed448.Sign(SignatureAlgorithm.Ed448, [])),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_that_openssl_encrypted_are_opened()
    {
        using PrivateKey edwards = TestKeys.Load(EncryptedEd25519, "secret");
        Assert.Equal(KeyKind.Ed25519, edwards.Kind);
        using PrivateKey scrypt = TestKeys.Load(ScryptP256, "secret");
        Assert.Equal(KeyKind.Ecdsa256, scrypt.Kind);
    }

    [Fact]
    public void A_fault_says_what_is_wrong_and_nothing_of_the_key()
    {
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using ECDsa brainpool = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        using RSA small = RSA.Create(512);
        string encrypted = ecdsa.ExportEncryptedPkcs8PrivateKeyPem(Passphrase, Encryption);
        AssertFault("", null, "there is no private key in PEM form here");
        AssertFault(TestAuthority.Root().Certificate.ExportCertificatePem(), null, "there is no private key in PEM form here");
        AssertFault(encrypted, null, "encrypted and there is no passphrase");
        AssertFault(encrypted, "wrong", "does not open with this passphrase");
        AssertFault(brainpool.ExportPkcs8PrivateKeyPem(), null, "P-256, P-384 or P-521");
        AssertFault(brainpool.ExportECPrivateKeyPem(), null, "P-256, P-384 or P-521");
        AssertFault(small.ExportPkcs8PrivateKeyPem(), null, "has 512 bits, not 1024 to 8192");
        AssertFault(Pem("PRIVATE KEY", [0x30, 0x03, 0x02, 0x01, 0x00]), null, "not sound PKCS #8");
        AssertFault(Pem("RSA PRIVATE KEY", [1, 2, 3]), null, "RSA private key is not sound");
        AssertFault(Pem("EC PRIVATE KEY", [1, 2, 3]), null, "ECDSA private key is not a sound key");
        AssertFault(Pem("ENCRYPTED PRIVATE KEY", [1, 2, 3]), "x", "does not open");
        AssertFault(Pem("DSA PRIVATE KEY", [1, 2, 3]), null, "«DSA PRIVATE KEY» cannot be read");

        // id-X25519, which makes no signatures.
        byte[] x25519 = [0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x6E, 0x04, 0x22, 0x04, 0x20, .. new byte[32]];
        AssertFault(Pem("PRIVATE KEY", x25519), null, "neither RSA, ECDSA, Ed25519 nor Ed448");
    }

    [Fact]
    public void The_old_encrypted_form_is_named_with_the_way_out() => AssertFault(
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        "secret",
        "openssl pkcs8 -topk8");

    [Theory]
    [InlineData(KeyKind.Rsa)]
    [InlineData(KeyKind.Ecdsa256)]
    [InlineData(KeyKind.Ecdsa521)]
    [InlineData(KeyKind.Ed25519)]
    [InlineData(KeyKind.Ed448)]
    public void A_key_knows_its_certificate(KeyKind kind)
    {
        PrivateKey key = TestKeys.Of(kind);
        X509Certificate2 own = TestAuthority.Root().Leaf(new CertificatePlan("CN=own") { Key = key });
        X509Certificate2 other = TestAuthority.Root().Leaf(new CertificatePlan("CN=other"));
        Assert.True(key.Matches(own));
        Assert.False(key.Matches(other));
    }

    [Fact]
    public void A_public_key_that_is_not_sound_is_a_fault()
    {
        byte[] spki = TestKeys.P256.SubjectPublicKeyInfo();
        Assert.True(PublicKey.TryFromSpki(spki, out PublicKey sound, out _));
        sound.Dispose();

        AssertFault([], "not sound DER");
        AssertFault([.. spki, 0], "not sound DER");
        AssertFault(spki[..^1], "not sound DER");
        byte[] offCurve = [.. spki];
        offCurve[^1] ^= 1;
        AssertFault(offCurve, "not a point of P-256");
        AssertFault(Convert.FromHexString("302a300506032b656e0321" + "00" + new string('1', 64)), "neither RSA, ECDSA");
        AssertFault(Convert.FromHexString("3029300506032b65700320" + "00" + new string('1', 62)), "wrong length");
    }

    private static string Pem(string label, byte[] der) => PemEncoding.WriteString(label, der);

    private static void AssertFault(string pem, string? passphrase, string cause)
    {
        Assert.False(PrivateKey.TryLoadPem(pem, passphrase, out _, out string fault));
        Assert.Contains(cause, fault, StringComparison.Ordinal);
    }

    private static void AssertFault(byte[] spki, string cause)
    {
        Assert.False(PublicKey.TryFromSpki(spki, out _, out string fault));
        Assert.Contains(cause, fault, StringComparison.Ordinal);
    }
}
