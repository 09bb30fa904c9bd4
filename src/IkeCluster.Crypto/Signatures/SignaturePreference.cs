namespace IkeCluster.Crypto.Signatures;

/// <summary>
/// In which order we try the algorithms of method 14. RSA: PSS before PKCS #1 v1.5 (RFC 8247 §4.2). The hash that is as
/// strong as the key comes first, stronger ones next, weaker ones last.
/// </summary>
internal static class SignaturePreference
{
    private const int RsaBitsForSha384 = 3073;
    private const int RsaBitsForSha512 = 7681;

    private static readonly SignatureAlgorithm[] Rsa256 =
    [
        SignatureAlgorithm.RsaPssSha256, SignatureAlgorithm.RsaPssSha384, SignatureAlgorithm.RsaPssSha512,
        SignatureAlgorithm.RsaPkcs1Sha256, SignatureAlgorithm.RsaPkcs1Sha384, SignatureAlgorithm.RsaPkcs1Sha512,
        SignatureAlgorithm.RsaPkcs1Sha1,
    ];

    private static readonly SignatureAlgorithm[] Rsa384 =
    [
        SignatureAlgorithm.RsaPssSha384, SignatureAlgorithm.RsaPssSha512, SignatureAlgorithm.RsaPssSha256,
        SignatureAlgorithm.RsaPkcs1Sha384, SignatureAlgorithm.RsaPkcs1Sha512, SignatureAlgorithm.RsaPkcs1Sha256,
        SignatureAlgorithm.RsaPkcs1Sha1,
    ];

    private static readonly SignatureAlgorithm[] Rsa512 =
    [
        SignatureAlgorithm.RsaPssSha512, SignatureAlgorithm.RsaPssSha384, SignatureAlgorithm.RsaPssSha256,
        SignatureAlgorithm.RsaPkcs1Sha512, SignatureAlgorithm.RsaPkcs1Sha384, SignatureAlgorithm.RsaPkcs1Sha256,
        SignatureAlgorithm.RsaPkcs1Sha1,
    ];

    private static readonly SignatureAlgorithm[] Ecdsa256 =
        [SignatureAlgorithm.EcdsaSha256, SignatureAlgorithm.EcdsaSha384, SignatureAlgorithm.EcdsaSha512];

    private static readonly SignatureAlgorithm[] Ecdsa384 =
        [SignatureAlgorithm.EcdsaSha384, SignatureAlgorithm.EcdsaSha512, SignatureAlgorithm.EcdsaSha256];

    private static readonly SignatureAlgorithm[] Ecdsa521 =
        [SignatureAlgorithm.EcdsaSha512, SignatureAlgorithm.EcdsaSha384, SignatureAlgorithm.EcdsaSha256];

    public static ReadOnlySpan<SignatureAlgorithm> For(KeyKind kind, int bits) => kind switch
    {
        KeyKind.Rsa => bits >= RsaBitsForSha512 ? Rsa512 : bits >= RsaBitsForSha384 ? Rsa384 : Rsa256,
        KeyKind.Ecdsa256 => Ecdsa256,
        KeyKind.Ecdsa384 => Ecdsa384,
        KeyKind.Ecdsa521 => Ecdsa521,
        KeyKind.Ed25519 => [SignatureAlgorithm.Ed25519],
        _ => [SignatureAlgorithm.Ed448],
    };
}
