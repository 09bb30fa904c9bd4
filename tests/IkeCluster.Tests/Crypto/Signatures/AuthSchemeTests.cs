using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Tests.Crypto.Signatures;

/// <summary>The auth strings of swanctl.conf (man swanctl.conf: connections.*.local.auth, remote.auth).</summary>
public sealed class AuthSchemeTests
{
    [Theory]
    [InlineData("psk", AuthClass.Psk, "")]
    [InlineData("pubkey", AuthClass.PublicKey, "")]
    [InlineData("eap", AuthClass.Eap, "")]
    [InlineData("eap-mschapv2", AuthClass.Eap, "mschapv2")]
    [InlineData("eap-tls", AuthClass.Eap, "tls")]
    [InlineData("rsa-3072-sha256-sha384", AuthClass.PublicKey, "")]
    [InlineData("rsa/pss-sha512", AuthClass.PublicKey, "")]
    [InlineData("ecdsa-384-sha384-ed25519", AuthClass.PublicKey, "")]
    [InlineData("ike:rsa/pss-sha256-pubkey-sha512", AuthClass.PublicKey, "")]
    [InlineData("ed448-identity", AuthClass.PublicKey, "")]
    public void The_words_of_swanctl_are_read(string text, AuthClass expected, string method)
    {
        AuthScheme scheme = Parse(text);
        Assert.Equal(expected, scheme.Class);
        Assert.Equal(method, scheme.EapMethod);
        Assert.Equal(text, scheme.ToString());
    }

    [Theory]
    [InlineData("", "no auth keyword")]
    [InlineData("PSK", "no auth keyword")]
    [InlineData("xauth", "no auth keyword")]
    [InlineData("eap-", "no auth keyword")]
    [InlineData("rsa-", "no auth keyword")]
    [InlineData("rsa-md5", "«md5» is no auth keyword")]
    [InlineData("pubkey-2048", "«2048» is no auth keyword")]
    [InlineData("sha256", "«sha256» is no auth keyword")]
    [InlineData("psk-sha256", "«psk» is no auth keyword")]
    [InlineData("ike:psk", "«ike:psk» is no auth keyword")]
    [InlineData("ed25519-sha256", "«ed25519» takes no hash")]
    [InlineData("rsa-identity", "«identity» belongs to")]
    [InlineData("ecdsa-sha1", "SHA-1 is not to be had with «ecdsa»")]
    [InlineData("rsa/pss-sha1", "SHA-1 is not to be had with «rsa/pss»")]
    [InlineData("rsa-512", "1024 to 8192 bits, not 512")]
    [InlineData("rsa-16384", "1024 to 8192 bits, not 16384")]
    public void Another_word_is_refused_by_name(string text, string cause)
    {
        Assert.False(AuthScheme.TryParse(text, out _, out string fault));
        Assert.Contains(cause, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pubkey", SignatureAlgorithm.RsaPkcs1Sha256, true)]
    [InlineData("pubkey", SignatureAlgorithm.RsaPssSha512, true)]
    [InlineData("pubkey", SignatureAlgorithm.Ed25519, true)]
    [InlineData("pubkey", SignatureAlgorithm.RsaPkcs1Sha1, false)]
    [InlineData("pubkey-sha1", SignatureAlgorithm.RsaPkcs1Sha1, true)]
    [InlineData("pubkey-sha384", SignatureAlgorithm.EcdsaSha384, true)]
    [InlineData("pubkey-sha384", SignatureAlgorithm.EcdsaP384Raw, true)]
    [InlineData("pubkey-sha384", SignatureAlgorithm.RsaPssSha384, true)]
    [InlineData("pubkey-sha384", SignatureAlgorithm.RsaPssSha256, false)]
    [InlineData("pubkey-sha384", SignatureAlgorithm.Ed25519, false)]
    [InlineData("rsa", SignatureAlgorithm.RsaPssSha256, true)]
    [InlineData("rsa", SignatureAlgorithm.EcdsaSha256, false)]
    [InlineData("rsa-sha256", SignatureAlgorithm.RsaPkcs1Sha256, true)]
    [InlineData("rsa-sha256", SignatureAlgorithm.RsaPssSha256, false)]
    [InlineData("rsa/pss-sha256", SignatureAlgorithm.RsaPssSha256, true)]
    [InlineData("rsa/pss-sha256", SignatureAlgorithm.RsaPssSha384, false)]
    [InlineData("rsa/pss-sha256", SignatureAlgorithm.RsaPkcs1Sha256, false)]
    [InlineData("ed25519", SignatureAlgorithm.Ed25519, true)]
    [InlineData("ed25519", SignatureAlgorithm.Ed448, false)]
    [InlineData("ike:rsa-sha512-pubkey-sha256", SignatureAlgorithm.RsaPkcs1Sha512, true)]
    [InlineData("ike:rsa-sha512-pubkey-sha256", SignatureAlgorithm.RsaPkcs1Sha256, false)]
    public void Only_what_is_named_may_sign(string text, SignatureAlgorithm algorithm, bool isAccepted)
    {
        KeyKind kind = Enum.GetValues<KeyKind>().First(candidate => algorithm.Fits(candidate));
        bool accepts = Parse(text).AcceptsSignature(algorithm, kind, 4096, out string fault);
        Assert.Equal(isAccepted, accepts);
        Assert.Equal(isAccepted, fault.Length == 0);
    }

    [Theory]
    [InlineData("rsa", 2047, false)]
    [InlineData("rsa", 2048, true)]
    [InlineData("rsa-1024", 1024, true)]
    [InlineData("rsa-3072", 3071, false)]
    [InlineData("rsa-3072-rsa/pss-2048", 2048, true)]
    [InlineData("ecdsa-384", 2048, true)]
    public void A_size_is_the_least_one(string text, int rsaBits, bool isAccepted) =>
        Assert.Equal(isAccepted, Parse(text).AcceptsKey(KeyKind.Rsa, rsaBits, out _));

    [Fact]
    public void A_size_speaks_of_its_own_kind_of_key()
    {
        AuthScheme scheme = Parse("ecdsa-384-rsa-3072");
        Assert.False(scheme.AcceptsKey(KeyKind.Ecdsa256, 256, out string fault));
        Assert.Equal("the ECDSA key has 256 bits and the least here is 384", fault);
        Assert.True(scheme.AcceptsKey(KeyKind.Ecdsa521, 521, out _));
        Assert.True(scheme.AcceptsKey(KeyKind.Ed25519, 256, out _));
        Assert.False(scheme.AcceptsKey(KeyKind.Rsa, 2048, out _));
    }

    [Fact]
    public void Our_own_signature_is_chosen_within_what_is_named()
    {
        Assert.Equal(SignatureAlgorithm.RsaPkcs1Sha384, Chosen("rsa-sha384", TestKeys.Rsa2048));
        Assert.Equal(SignatureAlgorithm.RsaPssSha512, Chosen("rsa/pss-sha512", TestKeys.Rsa2048));
        Assert.Equal(SignatureAlgorithm.EcdsaSha512, Chosen("ecdsa-sha512", TestKeys.P256));
        Assert.Null(Chosen("ed25519", TestKeys.P256));
        Assert.Null(Chosen("rsa-3072", TestKeys.Rsa2048));
        Assert.Equal(SignatureAlgorithm.RsaPkcs1Sha1, Chosen("rsa-sha1", TestKeys.Rsa2048));
    }

    [Fact]
    public void A_scheme_says_whether_it_names_SHA_1()
    {
        Assert.True(AuthScheme.PublicKeyOrSha1.NamesSha1);
        Assert.True(Parse("rsa-sha1-sha256").NamesSha1);
        Assert.False(AuthScheme.PublicKey.NamesSha1);
        Assert.False(AuthScheme.Psk.NamesSha1);
    }

    private static AuthScheme Parse(string text)
    {
        Assert.True(AuthScheme.TryParse(text, out AuthScheme scheme, out string fault), fault);
        return scheme;
    }

    private static SignatureAlgorithm? Chosen(string text, PrivateKey key) => AuthSignature.Choose(
        key,
        [SignatureHash.Sha1, SignatureHash.Sha256, SignatureHash.Sha384, SignatureHash.Sha512, SignatureHash.Identity],
        Parse(text),
        out _)?.Algorithm;
}
