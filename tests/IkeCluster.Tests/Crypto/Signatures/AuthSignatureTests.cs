using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Tests.Crypto.Signatures;

public sealed class AuthSignatureTests
{
    private const string Sha256 = "a00f300d06096086480165030402010500";
    private const string Mgf1Sha256 = "a11c301a06092a864886f70d010108300d06096086480165030402010500";

    private static readonly byte[] Octets = [.. "RealMessage1 | NonceRData | MACedIDForI"u8];

    private static readonly SignatureHash[] AllHashes =
        [SignatureHash.Sha1, SignatureHash.Sha256, SignatureHash.Sha384, SignatureHash.Sha512, SignatureHash.Identity];

    [Theory]
    [InlineData(KeyKind.Rsa, SignatureAlgorithm.RsaPssSha256)]
    [InlineData(KeyKind.Ecdsa256, SignatureAlgorithm.EcdsaSha256)]
    [InlineData(KeyKind.Ecdsa384, SignatureAlgorithm.EcdsaSha384)]
    [InlineData(KeyKind.Ecdsa521, SignatureAlgorithm.EcdsaSha512)]
    [InlineData(KeyKind.Ed25519, SignatureAlgorithm.Ed25519)]
    [InlineData(KeyKind.Ed448, SignatureAlgorithm.Ed448)]
    public void A_peer_of_RFC_7427_gets_method_14_and_the_hash_that_suits_the_key(KeyKind kind, SignatureAlgorithm expected)
    {
        PrivateKey key = TestKeys.Of(kind);
        AuthSignatureChoice choice = AuthSignature.Choose(key, AllHashes, allowSha1: false)!.Value;

        Assert.Equal(new AuthSignatureChoice(AuthMethod.DigitalSignature, expected), choice);
        AssertSignsAndVerifies(key, choice, allowSha1: false);
    }

    [Theory]
    [InlineData(KeyKind.Rsa, AuthMethod.RsaSignature, SignatureAlgorithm.RsaPkcs1Sha1)]
    [InlineData(KeyKind.Ecdsa256, AuthMethod.EcdsaP256, SignatureAlgorithm.EcdsaP256Raw)]
    [InlineData(KeyKind.Ecdsa384, AuthMethod.EcdsaP384, SignatureAlgorithm.EcdsaP384Raw)]
    [InlineData(KeyKind.Ecdsa521, AuthMethod.EcdsaP521, SignatureAlgorithm.EcdsaP521Raw)]
    public void A_peer_without_RFC_7427_gets_the_method_of_old(KeyKind kind, AuthMethod method, SignatureAlgorithm expected)
    {
        PrivateKey key = TestKeys.Of(kind);
        AuthSignatureChoice choice = AuthSignature.Choose(key, [], allowSha1: true)!.Value;

        Assert.Equal(new AuthSignatureChoice(method, expected), choice);
        AssertSignsAndVerifies(key, choice, allowSha1: true);
    }

    [Fact]
    public void EdDSA_cannot_be_used_with_a_peer_that_does_not_list_Identity()
    {
        Assert.Null(AuthSignature.Choose(TestKeys.Ed25519, [], allowSha1: true));
        Assert.Null(AuthSignature.Choose(TestKeys.Ed448, [SignatureHash.Sha256, SignatureHash.Sha512], allowSha1: true));
    }

    [Fact]
    public void SHA_1_is_neither_signed_nor_taken_unless_it_is_allowed()
    {
        PrivateKey key = TestKeys.Rsa2048;
        Assert.Null(AuthSignature.Choose(key, [], allowSha1: false));
        Assert.Null(AuthSignature.Choose(key, [SignatureHash.Sha1], allowSha1: false));
        Assert.NotNull(AuthSignature.Choose(key, [SignatureHash.Sha1], allowSha1: true));

        foreach (AuthMethod method in new[] { AuthMethod.RsaSignature, AuthMethod.DigitalSignature })
        {
            AuthSignatureChoice choice = new(method, SignatureAlgorithm.RsaPkcs1Sha1);
            byte[] data = AuthSignature.Sign(key, choice, Octets);
            Assert.False(Verify(key, method, data, out string fault));
            Assert.Contains("RSA_EMSA_PKCS1_SHA1", fault, StringComparison.Ordinal);
            Assert.True(Verify(key, method, data, out _, allowSha1: true));
        }
    }

    /// <summary>RFC 7296 §3.8 leaves the hash of method 1 open; the DigestInfo says which it is.</summary>
    [Theory]
    [InlineData(SignatureAlgorithm.RsaPkcs1Sha256)]
    [InlineData(SignatureAlgorithm.RsaPkcs1Sha384)]
    [InlineData(SignatureAlgorithm.RsaPkcs1Sha512)]
    public void Method_1_is_taken_with_every_hash_of_SHA_2(SignatureAlgorithm algorithm)
    {
        byte[] data = AuthSignature.Sign(TestKeys.Rsa2048, new(AuthMethod.RsaSignature, algorithm), Octets);
        using PublicKey key = TestKeys.PublicHalf(TestKeys.Rsa2048);

        Assert.True(AuthSignature.Verify(
            key, AuthMethod.RsaSignature, data, Octets, AuthScheme.PublicKey, out SignatureAlgorithm used, out _));
        Assert.Equal(algorithm, used);
    }

    [Fact]
    public void The_hashes_that_the_peer_lists_are_kept_to()
    {
        Assert.Equal(SignatureAlgorithm.RsaPssSha512, Chosen(TestKeys.Rsa2048, SignatureHash.Sha512));
        Assert.Equal(SignatureAlgorithm.RsaPssSha384, Chosen(TestKeys.Rsa3104, SignatureHash.Sha256, SignatureHash.Sha384));
        Assert.Equal(SignatureAlgorithm.EcdsaSha512, Chosen(TestKeys.P256, SignatureHash.Sha512));
        Assert.Equal(SignatureAlgorithm.EcdsaSha256, Chosen(TestKeys.P521, SignatureHash.Sha256));
    }

    [Fact]
    [Trait("row", "44")]
    public void An_RSA_key_below_2048_bits_is_neither_used_nor_taken()
    {
        PrivateKey key = TestKeys.Rsa1024;
        Assert.Null(AuthSignature.Choose(key, AllHashes, AuthScheme.PublicKey, out string fault));
        Assert.Contains("1024 bits", fault, StringComparison.Ordinal);

        AuthSignatureChoice choice = new(AuthMethod.DigitalSignature, SignatureAlgorithm.RsaPkcs1Sha256);
        Assert.False(Verify(key, choice.Method, AuthSignature.Sign(key, choice, Octets), out fault));
        Assert.Contains("1024 bits", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(KeyKind.Rsa)]
    [InlineData(KeyKind.Ecdsa384)]
    [InlineData(KeyKind.Ed25519)]
    public void Every_octet_of_the_AUTH_data_counts(KeyKind kind)
    {
        PrivateKey key = TestKeys.Of(kind);
        using PublicKey publicHalf = TestKeys.PublicHalf(key);
        AuthSignatureChoice choice = AuthSignature.Choose(key, AllHashes, allowSha1: false)!.Value;
        byte[] data = AuthSignature.Sign(key, choice, Octets);
        Assert.True(AuthSignature.Verify(publicHalf, choice.Method, data, Octets, allowSha1: false, out _));
        for (int at = 0; at < data.Length; at++)
        {
            data[at] ^= 0x10;
            Assert.False(AuthSignature.Verify(publicHalf, choice.Method, data, Octets, allowSha1: false, out string fault));
            Assert.NotEmpty(fault);
            data[at] ^= 0x10;
            Assert.False(AuthSignature.Verify(publicHalf, choice.Method, data.AsSpan(0, at), Octets, allowSha1: false, out _));
        }
    }

    [Fact]
    [Trait("row", "53")]
    public void A_signature_of_another_key_type_is_refused_by_name()
    {
        AuthSignatureChoice choice = new(AuthMethod.DigitalSignature, SignatureAlgorithm.EcdsaSha256);
        byte[] data = AuthSignature.Sign(TestKeys.P256, choice, Octets);

        Assert.False(Verify(TestKeys.Rsa2048, choice.Method, data, out string fault));
        Assert.Equal("the signature is ECDSA_WITH_SHA256_DER and the certificate's key is Rsa", fault);
        Assert.False(Verify(TestKeys.P256, AuthMethod.RsaSignature, data, out fault));
        Assert.Equal("the signature is RSA and the certificate's key is Ecdsa256", fault);
        Assert.False(Verify(TestKeys.P256, AuthMethod.EcdsaP384, data, out _));
        Assert.False(Verify(TestKeys.P256, AuthMethod.SharedKey, data, out fault));
        Assert.Equal("authentication method 2 is no signature that we know", fault);
    }

    /// <summary>The examples of RFC 7427 Appendix A, octet for octet.</summary>
    [Theory]
    [InlineData("300d06092a864886f70d01010b0500", SignatureAlgorithm.RsaPkcs1Sha256)]
    [InlineData("300d06092a864886f70d01010c0500", SignatureAlgorithm.RsaPkcs1Sha384)]
    [InlineData("300d06092a864886f70d01010d0500", SignatureAlgorithm.RsaPkcs1Sha512)]
    [InlineData("300d06092a864886f70d0101050500", SignatureAlgorithm.RsaPkcs1Sha1)]
    [InlineData("300a06082a8648ce3d040302", SignatureAlgorithm.EcdsaSha256)]
    [InlineData("300a06082a8648ce3d040303", SignatureAlgorithm.EcdsaSha384)]
    [InlineData("300a06082a8648ce3d040304", SignatureAlgorithm.EcdsaSha512)]
    [InlineData("300506032b6570", SignatureAlgorithm.Ed25519)]
    [InlineData("300506032b6571", SignatureAlgorithm.Ed448)]
    [InlineData(
        "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d0609"
        + "6086480165030402010500a203020120",
        SignatureAlgorithm.RsaPssSha256)]
    public void An_algorithm_has_one_identifier(string hex, SignatureAlgorithm algorithm)
    {
        Assert.True(AlgorithmIdentifier.TryRead(Convert.FromHexString(hex), out SignatureAlgorithm read, out string fault), fault);
        Assert.Equal(algorithm, read);
        Assert.Equal(hex, Convert.ToHexStringLower(AlgorithmIdentifier.Write(algorithm)));
    }

    [Theory]
    [InlineData("", "not sound DER")]
    [InlineData("3000", "not sound DER")]
    [InlineData("300d06092a864886f70d01010b05", "not sound DER")]
    [InlineData("300d06092a864886f70d01010b050000", "not sound DER")]
    [InlineData("300d06092a864886f70d01010b0401", "parameters that do not belong")]
    [InlineData("300c06082a8648ce3d0403020500", "parameters that do not belong")]
    [InlineData("300906072a8648ce3d0401", "not one of ours")]
    [InlineData("300d06092a864886f70d01010a3000", "SHA-256, SHA-384 or SHA-512 only")]
    [InlineData("300b06092a864886f70d01010a", "no parameters")]
    public void Another_identifier_is_refused_with_its_cause(string hex, string cause)
    {
        Assert.False(AlgorithmIdentifier.TryRead(Convert.FromHexString(hex), out _, out string fault));
        Assert.Contains(cause, fault, StringComparison.Ordinal);
    }

    /// <summary>RFC 4055 §3.1; hash, mask and salt must go together, and the trailer field may be written out.</summary>
    [Theory]
    [Trait("row", "46")]
    [Trait("row", "47")]
    [InlineData(Sha256, Mgf1Sha256, "a203020120", "a303020101", "")]
    [InlineData("a00d300b0609608648016503040201", "a11a301806092a864886f70d010108300b0609608648016503040201", "a203020120", "", "")]
    [InlineData(Sha256, "a11c301a06092a864886f70d010108300d06096086480165030402020500", "a203020120", "", "MGF1")]
    [InlineData(Sha256, "", "a203020120", "", "MGF1")]
    [InlineData(Sha256, Mgf1Sha256, "", "", "salt")]
    [InlineData(Sha256, Mgf1Sha256, "a203020114", "", "salt")]
    [InlineData(Sha256, Mgf1Sha256, "a2040202ff20", "", "salt")]
    [InlineData(Sha256, Mgf1Sha256, "a203020120", "a303020102", "trailer")]
    [InlineData(Sha256, Mgf1Sha256, "a203020120", "0500", "behind")]
    [InlineData("a00f300d06096086480165030402040500", "a11c301a06092a864886f70d010108300d06096086480165030402040500", "a203020120", "", "SHA-256")]
    public void PSS_parameters_are_read_strictly(string hash, string mask, string salt, string trailer, string cause)
    {
        byte[] parameters = Convert.FromHexString(hash + mask + salt + trailer);
        byte[] der =
        [
            0x30, (byte)(13 + parameters.Length), 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A,
            0x30, (byte)parameters.Length, .. parameters,
        ];

        bool isRead = AlgorithmIdentifier.TryRead(der, out _, out string fault);

        Assert.Equal(cause.Length == 0, isRead);
        Assert.Contains(cause, fault, StringComparison.Ordinal);
    }

    private static SignatureAlgorithm Chosen(PrivateKey key, params SignatureHash[] hashes) =>
        AuthSignature.Choose(key, hashes, allowSha1: false)!.Value.Algorithm;

    private static void AssertSignsAndVerifies(PrivateKey key, AuthSignatureChoice choice, bool allowSha1)
    {
        byte[] data = AuthSignature.Sign(key, choice, Octets);
        Assert.True(Verify(key, choice.Method, data, out string fault, allowSha1), fault);
        using PublicKey publicHalf = TestKeys.PublicHalf(key);
        Assert.False(AuthSignature.Verify(publicHalf, choice.Method, data, [.. Octets, 0], allowSha1, out _));
    }

    private static bool Verify(PrivateKey key, AuthMethod method, byte[] data, out string fault, bool allowSha1 = false)
    {
        using PublicKey publicHalf = TestKeys.PublicHalf(key);
        return AuthSignature.Verify(publicHalf, method, data, Octets, allowSha1, out fault);
    }
}
