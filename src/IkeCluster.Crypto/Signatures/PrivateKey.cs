using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Signatures;

/// <summary>
/// A key of ours that signs AUTH payloads. Signing changes nothing in it, so several workers may use one at a time.
/// RSA PKCS #1 v1.5, Ed25519 and Ed448 are deterministic; PSS and ECDSA draw from OpenSSL's own generator.
/// </summary>
public sealed class PrivateKey : IDisposable
{
    private readonly RSA? _rsa;
    private readonly ECDsa? _ecdsa;
    private readonly EdwardsKey? _edwards;

    internal PrivateKey(RSA rsa) => (Kind, _rsa) = (KeyKind.Rsa, rsa);

    internal PrivateKey(KeyKind kind, ECDsa ecdsa) => (Kind, _ecdsa) = (kind, ecdsa);

    internal PrivateKey(KeyKind kind, EdwardsKey edwards) => (Kind, _edwards) = (kind, edwards);

    public KeyKind Kind { get; }

    /// <summary>Bits of the modulus or of the curve.</summary>
    public int Bits => _rsa?.KeySize ?? KeyCurves.Bits(Kind);

    /// <summary>
    /// Reads the first private key of a PEM text: PKCS #8 in the clear or encrypted, PKCS #1 for RSA, SEC 1 for ECDSA.
    /// </summary>
    public static bool TryLoadPem(string pem, string? passphrase, out PrivateKey key, out string fault) =>
        PrivateKeyPem.TryLoad(pem, passphrase, out key, out fault);

    /// <summary>True when the certificate was issued for this key.</summary>
    public bool Matches(X509Certificate2 certificate)
    {
        using PublicKey? other = PublicKey.FromCertificate(certificate);
        return other?.Kind == Kind && other.SubjectPublicKeyInfo().AsSpan().SequenceEqual(SubjectPublicKeyInfo());
    }

    /// <summary>The public half, in DER.</summary>
    public byte[] SubjectPublicKeyInfo() =>
        _rsa?.ExportSubjectPublicKeyInfo() ?? _ecdsa?.ExportSubjectPublicKeyInfo()
        ?? EdwardsCurve.SubjectPublicKeyInfo(Kind, _edwards!);

    /// <summary>The bare signature; the algorithm must fit the key.</summary>
    public byte[] Sign(SignatureAlgorithm algorithm, ReadOnlySpan<byte> toSign)
    {
        if (!algorithm.Fits(Kind))
        {
            throw new ArgumentException($"{algorithm.Name()} does not go with a key of kind {Kind}", nameof(algorithm));
        }

        return _rsa?.SignData(toSign, algorithm.HashName(), algorithm.Padding())
            ?? _ecdsa?.SignData(toSign, algorithm.HashName(), algorithm.EcdsaFormat())
            ?? SignEdwards(toSign);
    }

    public void Dispose()
    {
        _rsa?.Dispose();
        _ecdsa?.Dispose();
        _edwards?.Dispose();
    }

    private byte[] SignEdwards(ReadOnlySpan<byte> toSign)
    {
        byte[] signature = new byte[EdwardsCurve.SignatureOctets(Kind)];
        _edwards!.Sign(toSign, signature);
        return signature;
    }
}
