namespace IkeCluster.Crypto.Signatures;

/// <summary>
/// One way to sign: key type, hash and form of the signature. The Raw ones are r|s of fixed width, as authentication
/// methods 9, 10 and 11 carry it (RFC 4754 §7); the other ECDSA ones are DER (RFC 5480), as method 14 carries it.
/// </summary>
public enum SignatureAlgorithm
{
    RsaPkcs1Sha1,
    RsaPkcs1Sha256,
    RsaPkcs1Sha384,
    RsaPkcs1Sha512,
    RsaPssSha256,
    RsaPssSha384,
    RsaPssSha512,
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
    EcdsaP256Raw,
    EcdsaP384Raw,
    EcdsaP521Raw,
    Ed25519,
    Ed448,
}
