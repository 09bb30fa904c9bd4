using IkeCluster.Protocol.Payloads;

namespace IkeCluster.Crypto.Signatures;

/// <summary>
/// Signatures of AUTH payloads: method 14 with its AlgorithmIdentifier in front (RFC 7427 §3) when the peer sent
/// SIGNATURE_HASH_ALGORITHMS, and the older methods 1 (RFC 7296 §3.8) and 9, 10, 11 (RFC 4754) when not.
/// </summary>
public static class AuthSignature
{
    /// <summary>What we say in SIGNATURE_HASH_ALGORITHMS, best first (RFC 7427 §4). SHA-1 is never offered.</summary>
    public static ReadOnlySpan<SignatureHash> OfferedHashes =>
        [SignatureHash.Sha256, SignatureHash.Sha384, SignatureHash.Sha512, SignatureHash.Identity];

    // Method 1 says nothing of the hash: the DigestInfo inside does. SHA-1 comes last, to be named when it is refused.
    private static ReadOnlySpan<SignatureAlgorithm> OfMethodOne =>
    [
        SignatureAlgorithm.RsaPkcs1Sha256, SignatureAlgorithm.RsaPkcs1Sha384, SignatureAlgorithm.RsaPkcs1Sha512,
        SignatureAlgorithm.RsaPkcs1Sha1,
    ];

    /// <summary>How we sign; null when the peer takes nothing that this key can make.</summary>
    public static AuthSignatureChoice? Choose(PrivateKey key, ReadOnlySpan<SignatureHash> peerHashes, bool allowSha1) =>
        Choose(key, peerHashes, Scheme(allowSha1), out _);

    /// <summary>The same, within what the connection's auth string names; the fault is for the log.</summary>
    public static AuthSignatureChoice? Choose(
        PrivateKey key, ReadOnlySpan<SignatureHash> peerHashes, AuthScheme scheme, out string fault)
    {
        fault = "the peer lists no signature hash that goes with our key";
        if (peerHashes.IsEmpty)
        {
            return ChooseOld(key, scheme, ref fault);
        }

        if (!scheme.AcceptsKey(key.Kind, key.Bits, out string tooSmall))
        {
            fault = tooSmall;
            return null;
        }

        foreach (SignatureAlgorithm algorithm in SignaturePreference.For(key.Kind, key.Bits))
        {
            if (peerHashes.Contains(algorithm.Hash())
                && scheme.AcceptsSignature(algorithm, key.Kind, key.Bits, out fault))
            {
                return new AuthSignatureChoice(AuthMethod.DigitalSignature, algorithm);
            }
        }

        return null;
    }

    /// <summary>The Authentication Data of the AUTH payload.</summary>
    public static byte[] Sign(PrivateKey key, AuthSignatureChoice choice, ReadOnlySpan<byte> signedOctets)
    {
        byte[] signature = key.Sign(choice.Algorithm, signedOctets);
        if (choice.Method != AuthMethod.DigitalSignature)
        {
            return signature;
        }

        byte[] identifier = AlgorithmIdentifier.Write(choice.Algorithm);
        return [(byte)identifier.Length, .. identifier, .. signature];
    }

    /// <summary>True when the peer's signature holds; the fault is one line for the log, never for the wire.</summary>
    public static bool Verify(
        PublicKey key,
        AuthMethod method,
        ReadOnlySpan<byte> authData,
        ReadOnlySpan<byte> signedOctets,
        bool allowSha1,
        out string fault) =>
        Verify(key, method, authData, signedOctets, Scheme(allowSha1), out _, out fault);

    /// <summary>The same, within what the connection's auth string names, and says what the peer used.</summary>
    public static bool Verify(
        PublicKey key,
        AuthMethod method,
        ReadOnlySpan<byte> authData,
        ReadOnlySpan<byte> signedOctets,
        AuthScheme scheme,
        out SignatureAlgorithm used,
        out string fault)
    {
        used = default;
        switch (method)
        {
            case AuthMethod.DigitalSignature:
                return TrySplit(authData, out used, out ReadOnlySpan<byte> signature, out fault)
                    && VerifyAs(used, key, signature, signedOctets, scheme, out fault);
            case AuthMethod.RsaSignature:
                return VerifyMethodOne(key, authData, signedOctets, scheme, out used, out fault);
            case AuthMethod.EcdsaP256 or AuthMethod.EcdsaP384 or AuthMethod.EcdsaP521:
                used = SignatureAlgorithm.EcdsaP256Raw + (method - AuthMethod.EcdsaP256);
                return VerifyAs(used, key, authData, signedOctets, scheme, out fault);
            default:
                fault = $"authentication method {(int)method} is no signature that we know";
                return false;
        }
    }

    /// <summary>
    /// What an AUTH payload says it is signed with, whether it holds or not. Method 1 does not say its hash: until one
    /// holds it counts as SHA-1, which RFC 7296 §3.8 names.
    /// </summary>
    public static string NameOf(AuthMethod method, ReadOnlySpan<byte> authData) => method switch
    {
        AuthMethod.DigitalSignature => TrySplit(authData, out SignatureAlgorithm used, out _, out _) ? used.Name() : "unknown",
        AuthMethod.RsaSignature => SignatureAlgorithm.RsaPkcs1Sha1.Name(),
        AuthMethod.EcdsaP256 or AuthMethod.EcdsaP384 or AuthMethod.EcdsaP521 =>
            (SignatureAlgorithm.EcdsaP256Raw + (method - AuthMethod.EcdsaP256)).Name(),
        _ => "unknown",
    };

    //  0               1               2               3
    //  +---------------+-----------------------------------------------+
    //  | ASN.1 Length  |          AlgorithmIdentifier (DER)            ~
    //  +---------------+-----------------------------------------------+
    //  ~                       Signature Value                         ~
    private static bool TrySplit(
        ReadOnlySpan<byte> authData,
        out SignatureAlgorithm algorithm,
        out ReadOnlySpan<byte> signature,
        out string fault)
    {
        algorithm = default;
        signature = default;
        int claimed = authData.IsEmpty ? 0 : authData[0];
        if (claimed == 0 || claimed > authData.Length - 1)
        {
            fault = "the AUTH payload is shorter than the AlgorithmIdentifier that it announces";
            return false;
        }

        signature = authData[(1 + claimed)..];
        return AlgorithmIdentifier.TryRead(authData.Slice(1, claimed), out algorithm, out fault);
    }

    private static bool VerifyAs(
        SignatureAlgorithm algorithm,
        PublicKey key,
        ReadOnlySpan<byte> signature,
        ReadOnlySpan<byte> signedOctets,
        AuthScheme scheme,
        out string fault)
    {
        if (!algorithm.Fits(key.Kind))
        {
            fault = $"the signature is {algorithm.Name()} and the certificate's key is {key.Kind}";
            return false;
        }

        if (!scheme.AcceptsSignature(algorithm, key.Kind, key.Bits, out fault))
        {
            return false;
        }

        bool holds = key.Verify(algorithm, signedOctets, signature);
        fault = holds ? "" : $"the {algorithm.Name()} signature does not verify";
        return holds;
    }

    private static bool VerifyMethodOne(
        PublicKey key,
        ReadOnlySpan<byte> signature,
        ReadOnlySpan<byte> signedOctets,
        AuthScheme scheme,
        out SignatureAlgorithm used,
        out string fault)
    {
        used = SignatureAlgorithm.RsaPkcs1Sha1;
        fault = $"the signature is RSA and the certificate's key is {key.Kind}";
        if (key.Kind != KeyKind.Rsa)
        {
            return false;
        }

        foreach (SignatureAlgorithm algorithm in OfMethodOne)
        {
            if (key.Verify(algorithm, signedOctets, signature))
            {
                used = algorithm;
                return scheme.AcceptsSignature(algorithm, key.Kind, key.Bits, out fault);
            }
        }

        fault = "the RSA signature does not verify";
        return false;
    }

    private static AuthSignatureChoice? ChooseOld(PrivateKey key, AuthScheme scheme, ref string fault)
    {
        (AuthMethod method, SignatureAlgorithm algorithm) = key.Kind switch
        {
            // RFC 7296 §3.8: SHA-1 is the hash that a peer without RFC 7427 can be expected to take.
            KeyKind.Rsa => (AuthMethod.RsaSignature, SignatureAlgorithm.RsaPkcs1Sha1),
            KeyKind.Ecdsa256 => (AuthMethod.EcdsaP256, SignatureAlgorithm.EcdsaP256Raw),
            KeyKind.Ecdsa384 => (AuthMethod.EcdsaP384, SignatureAlgorithm.EcdsaP384Raw),
            KeyKind.Ecdsa521 => (AuthMethod.EcdsaP521, SignatureAlgorithm.EcdsaP521Raw),
            _ => (AuthMethod.None, default),
        };
        if (method == AuthMethod.None)
        {
            fault = $"the peer sent no SIGNATURE_HASH_ALGORITHMS, without which {key.Kind} cannot be used";
            return null;
        }

        return scheme.AcceptsSignature(algorithm, key.Kind, key.Bits, out fault)
            ? new AuthSignatureChoice(method, algorithm)
            : null;
    }

    private static AuthScheme Scheme(bool allowSha1) => allowSha1 ? AuthScheme.PublicKeyOrSha1 : AuthScheme.PublicKey;
}
