using System.Collections.Immutable;
using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Crypto.Signatures;

/// <summary>Which keys a part of an <see cref="AuthScheme"/> speaks of.</summary>
public enum AuthKeyFamily { Any, Rsa, RsaPss, Ecdsa, Ed25519, Ed448 }

/// <summary>
/// One part of an auth string: a family, the least size in bits (0: not named), and the hashes (none named: all but
/// SHA-1). <paramref name="IsIkeOnly"/> is swanctl's <c>ike:</c>: the AUTH payload only, not the certificates.
/// </summary>
public sealed record AuthKeyRule(
    AuthKeyFamily Family, int BitsMin, ImmutableArray<SignatureHash> Hashes, bool IsIkeOnly)
{
    internal bool Speaks(SignatureAlgorithm algorithm) => Family switch
    {
        AuthKeyFamily.Any => true,
        AuthKeyFamily.RsaPss => algorithm.IsRsaPss(),

        // As in swanctl.conf, rsa-sha256 means PKCS #1 v1.5; without a hash the signer has the choice.
        AuthKeyFamily.Rsa => algorithm.IsRsa() && (Hashes.IsEmpty || !algorithm.IsRsaPss()),
        AuthKeyFamily.Ecdsa => algorithm.IsEcdsa(),
        AuthKeyFamily.Ed25519 => algorithm == SignatureAlgorithm.Ed25519,
        _ => algorithm == SignatureAlgorithm.Ed448,
    };

    /// <summary>SHA-1 is taken only where it is named (RFC 8247 §4).</summary>
    internal bool TakesHashOf(SignatureAlgorithm algorithm) => Hashes.IsEmpty
        ? algorithm.Hash() != SignatureHash.Sha1
        : Hashes.Contains(algorithm.Hash());

    internal bool IsAbout(KeyKind kind) => Family switch
    {
        AuthKeyFamily.Any => true,
        AuthKeyFamily.Rsa or AuthKeyFamily.RsaPss => kind == KeyKind.Rsa,
        AuthKeyFamily.Ecdsa => kind.IsEcdsa(),
        AuthKeyFamily.Ed25519 => kind == KeyKind.Ed25519,
        _ => kind == KeyKind.Ed448,
    };
}
