using System.Security.Cryptography;
using IkeCluster.Crypto.Signatures;

namespace IkeCluster.Tests.Crypto.Signatures;

/// <summary>One private key of each kind, made once for the whole run; and their public halves.</summary>
internal static class TestKeys
{
    public static PrivateKey Rsa2048 { get; } = Rsa(2048);

    public static PrivateKey Rsa3104 { get; } = Rsa(3104);

    public static PrivateKey Rsa1024 { get; } = Rsa(1024);

    public static PrivateKey P256 { get; } = Ecdsa(ECCurve.NamedCurves.nistP256);

    public static PrivateKey P384 { get; } = Ecdsa(ECCurve.NamedCurves.nistP384);

    public static PrivateKey P521 { get; } = Ecdsa(ECCurve.NamedCurves.nistP521);

    // RFC 8410 §10.3, the private key of the example.
    public static PrivateKey Ed25519 { get; } = Load("""
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        -----END PRIVATE KEY-----
        """);

    // The first key of RFC 8032 §7.4 in PKCS #8.
    public static PrivateKey Ed448 { get; } = Load("PRIVATE KEY", Convert.FromHexString(
        "3047020100300506032b6571043b0439"
        + "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b"));

    public static PrivateKey Of(KeyKind kind) => kind switch
    {
        KeyKind.Rsa => Rsa2048,
        KeyKind.Ecdsa256 => P256,
        KeyKind.Ecdsa384 => P384,
        KeyKind.Ecdsa521 => P521,
        KeyKind.Ed25519 => Ed25519,
        _ => Ed448,
    };

    public static PublicKey PublicHalf(PrivateKey key) => PublicKey.FromSpki(key.SubjectPublicKeyInfo())!;

    public static PrivateKey Load(string pem, string? passphrase = null)
    {
        Assert.True(PrivateKey.TryLoadPem(pem, passphrase, out PrivateKey key, out string fault), fault);
        return key;
    }

    private static PrivateKey Load(string label, byte[] der) => Load(PemEncoding.WriteString(label, der));

    private static PrivateKey Rsa(int bits)
    {
        using RSA rsa = RSA.Create(bits);
        return Load(rsa.ExportPkcs8PrivateKeyPem());
    }

    private static PrivateKey Ecdsa(ECCurve curve)
    {
        using ECDsa ecdsa = ECDsa.Create(curve);
        return Load(ecdsa.ExportPkcs8PrivateKeyPem());
    }
}
