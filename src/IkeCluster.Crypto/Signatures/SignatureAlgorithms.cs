using System.Security.Cryptography;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Crypto.Signatures;

/// <summary>What is known of each <see cref="SignatureAlgorithm"/>.</summary>
public static class SignatureAlgorithms
{
    /// <summary>The hash as SIGNATURE_HASH_ALGORITHMS names it (RFC 7427 §4; RFC 8420 for Identity).</summary>
    public static SignatureHash Hash(this SignatureAlgorithm algorithm) => algorithm switch
    {
        SignatureAlgorithm.RsaPkcs1Sha1 => SignatureHash.Sha1,
        SignatureAlgorithm.RsaPkcs1Sha256 or SignatureAlgorithm.RsaPssSha256
            or SignatureAlgorithm.EcdsaSha256 or SignatureAlgorithm.EcdsaP256Raw => SignatureHash.Sha256,
        SignatureAlgorithm.RsaPkcs1Sha384 or SignatureAlgorithm.RsaPssSha384
            or SignatureAlgorithm.EcdsaSha384 or SignatureAlgorithm.EcdsaP384Raw => SignatureHash.Sha384,
        SignatureAlgorithm.RsaPkcs1Sha512 or SignatureAlgorithm.RsaPssSha512
            or SignatureAlgorithm.EcdsaSha512 or SignatureAlgorithm.EcdsaP521Raw => SignatureHash.Sha512,
        _ => SignatureHash.Identity,
    };

    public static bool IsRsa(this SignatureAlgorithm algorithm) => algorithm <= SignatureAlgorithm.RsaPssSha512;

    public static bool IsRsaPss(this SignatureAlgorithm algorithm) =>
        algorithm is >= SignatureAlgorithm.RsaPssSha256 and <= SignatureAlgorithm.RsaPssSha512;

    public static bool IsEcdsa(this SignatureAlgorithm algorithm) =>
        algorithm is >= SignatureAlgorithm.EcdsaSha256 and <= SignatureAlgorithm.EcdsaP521Raw;

    /// <summary>True when a key of this kind can make such a signature.</summary>
    public static bool Fits(this SignatureAlgorithm algorithm, KeyKind kind) => algorithm switch
    {
        SignatureAlgorithm.EcdsaP256Raw => kind == KeyKind.Ecdsa256,
        SignatureAlgorithm.EcdsaP384Raw => kind == KeyKind.Ecdsa384,
        SignatureAlgorithm.EcdsaP521Raw => kind == KeyKind.Ecdsa521,
        SignatureAlgorithm.Ed25519 => kind == KeyKind.Ed25519,
        SignatureAlgorithm.Ed448 => kind == KeyKind.Ed448,
        _ when algorithm.IsRsa() => kind == KeyKind.Rsa,
        _ => kind.IsEcdsa(),
    };

    public static bool IsEcdsa(this KeyKind kind) => kind is KeyKind.Ecdsa256 or KeyKind.Ecdsa384 or KeyKind.Ecdsa521;

    /// <summary>The name that logs show: strongSwan's spelling of signature schemes.</summary>
    public static string Name(this SignatureAlgorithm algorithm) => algorithm switch
    {
        SignatureAlgorithm.RsaPkcs1Sha1 => "RSA_EMSA_PKCS1_SHA1",
        SignatureAlgorithm.RsaPkcs1Sha256 => "RSA_EMSA_PKCS1_SHA2_256",
        SignatureAlgorithm.RsaPkcs1Sha384 => "RSA_EMSA_PKCS1_SHA2_384",
        SignatureAlgorithm.RsaPkcs1Sha512 => "RSA_EMSA_PKCS1_SHA2_512",
        SignatureAlgorithm.RsaPssSha256 => "RSA_EMSA_PSS_SHA2_256",
        SignatureAlgorithm.RsaPssSha384 => "RSA_EMSA_PSS_SHA2_384",
        SignatureAlgorithm.RsaPssSha512 => "RSA_EMSA_PSS_SHA2_512",
        SignatureAlgorithm.EcdsaSha256 => "ECDSA_WITH_SHA256_DER",
        SignatureAlgorithm.EcdsaSha384 => "ECDSA_WITH_SHA384_DER",
        SignatureAlgorithm.EcdsaSha512 => "ECDSA_WITH_SHA512_DER",
        SignatureAlgorithm.EcdsaP256Raw => "ECDSA-256",
        SignatureAlgorithm.EcdsaP384Raw => "ECDSA-384",
        SignatureAlgorithm.EcdsaP521Raw => "ECDSA-521",
        SignatureAlgorithm.Ed25519 => "ED25519",
        _ => "ED448",
    };

    internal static HashAlgorithmName HashName(this SignatureAlgorithm algorithm) => algorithm.Hash() switch
    {
        SignatureHash.Sha1 => HashAlgorithmName.SHA1,
        SignatureHash.Sha256 => HashAlgorithmName.SHA256,
        SignatureHash.Sha384 => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };

    internal static RSASignaturePadding Padding(this SignatureAlgorithm algorithm) =>
        algorithm.IsRsaPss() ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;

    internal static DSASignatureFormat EcdsaFormat(this SignatureAlgorithm algorithm) =>
        algorithm >= SignatureAlgorithm.EcdsaP256Raw
            ? DSASignatureFormat.IeeeP1363FixedFieldConcatenation
            : DSASignatureFormat.Rfc3279DerSequence;
}
