using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace IkeCluster.Crypto.Certificates;

/// <summary>The authorities that a connection trusts; immutable.</summary>
public sealed class TrustAnchors
{
    private const int KeyHashOctets = 20;
    private readonly byte[] _keyHashes;

    private TrustAnchors(ImmutableArray<X509Certificate2> certificates)
    {
        Certificates = certificates;
        _keyHashes = [.. certificates.SelectMany(KeyHash)];
    }

    public ImmutableArray<X509Certificate2> Certificates { get; }

    /// <summary>What CERTREQ names: SHA-1 hashes of 20 octets, end to end (RFC 7296 §3.7).</summary>
    public ReadOnlySpan<byte> KeyHashes => _keyHashes;

    /// <summary>From authorities that <see cref="IsAuthority"/> has passed.</summary>
    public static TrustAnchors From(IEnumerable<X509Certificate2> certificates) => new([.. certificates]);

    /// <summary>False with a line for the operator when this certificate cannot serve as an authority.</summary>
    public static bool IsAuthority(X509Certificate2 certificate, out string fault)
    {
        bool isAuthority;
        try
        {
            isAuthority = CertificateExtensions.IsAuthority(certificate);
        }
        catch (CryptographicException)
        {
            // The extension is not sound DER, which is no CA:TRUE either.
            isAuthority = false;
        }

        fault = isAuthority
            ? ""
            : $"{CertificateText.Subject(certificate)} is not the certificate of an authority (CA:TRUE is missing)";
        return isAuthority;
    }

    /// <summary>True when an authority of ours has a key of this hash, 20 octets as in CERTREQ.</summary>
    public bool Holds(ReadOnlySpan<byte> spkiSha1)
    {
        for (int at = 0; at < _keyHashes.Length; at += KeyHashOctets)
        {
            if (spkiSha1.SequenceEqual(_keyHashes.AsSpan(at, KeyHashOctets)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The hash by which CERTREQ names the authority that holds this certificate's key.</summary>
    public static byte[] KeyHash(X509Certificate2 certificate) =>
        SHA1.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo());
}
