using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Der;
using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Signatures;

/// <summary>A public key that verifies signatures, out of a certificate (RFC 5280 §4.1.2.7).</summary>
public sealed class PublicKey : IDisposable
{
    private readonly RSA? _rsa;
    private readonly ECDsa? _ecdsa;
    private readonly EdwardsKey? _edwards;

    private PublicKey(KeyKind kind, RSA? rsa, ECDsa? ecdsa, EdwardsKey? edwards, SignatureAlgorithm? only = null)
    {
        Kind = kind;
        _rsa = rsa;
        _ecdsa = ecdsa;
        _edwards = edwards;
        OnlyAlgorithm = only;
    }

    public KeyKind Kind { get; }

    /// <summary>Bits of the modulus or of the curve.</summary>
    public int Bits => _rsa?.KeySize ?? KeyCurves.Bits(Kind);

    /// <summary>Set when the key itself names its algorithm: id-RSASSA-PSS with parameters (RFC 4055 §1.2).</summary>
    public SignatureAlgorithm? OnlyAlgorithm { get; }

    private static ReadOnlySpan<byte> RsaOid => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

    private static ReadOnlySpan<byte> RsaPssOid => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A];

    private static ReadOnlySpan<byte> EcOid => [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

    /// <summary>Null when the certificate holds a key of a kind that we do not take.</summary>
    public static PublicKey? FromCertificate(X509Certificate2 certificate) =>
        TryFromCertificate(certificate, out PublicKey? key, out _) ? key : null;

    public static bool TryFromCertificate(X509Certificate2 certificate, out PublicKey key, out string fault)
    {
        // The certificate may be a peer's: the BCL throws where its key is not sound, here it becomes a value.
        try
        {
            return TryFromSpki(certificate.PublicKey.ExportSubjectPublicKeyInfo(), out key, out fault);
        }
        catch (CryptographicException)
        {
            key = null!;
            fault = "the public key of the certificate cannot be read";
            return false;
        }
    }

    /// <summary>Null when this is no SubjectPublicKeyInfo or one of a kind that we do not take.</summary>
    public static PublicKey? FromSpki(ReadOnlySpan<byte> spki) =>
        TryFromSpki(spki, out PublicKey? key, out _) ? key : null;

    public static bool TryFromSpki(ReadOnlySpan<byte> spki, out PublicKey key, out string fault)
    {
        key = null!;
        fault = "the public key is not sound DER";
        if (!new DerReader(spki).TryEnterOnly(Asn1Tag.Sequence, out DerReader info)
            || !info.TryEnter(Asn1Tag.Sequence, out DerReader identifier)
            || !identifier.TryRead(Asn1Tag.ObjectIdentifier, out ReadOnlySpan<byte> oid)
            || !info.TryReadOctetsOfBitString(out ReadOnlySpan<byte> value)
            || !info.AtEnd)
        {
            return false;
        }

        PublicKey? read = Read(oid, identifier, value, ref fault);
        key = read!;
        return read is not null;
    }

    /// <summary>False for a wrong signature and for an algorithm that does not go with this key.</summary>
    public bool Verify(SignatureAlgorithm algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        if (!algorithm.Fits(Kind) || (OnlyAlgorithm ?? algorithm) != algorithm)
        {
            return false;
        }

        // The BCL answers most unsound signatures with false; what it would throw for the rest is a peer's fault too.
        try
        {
            return _rsa?.VerifyData(signed, signature, algorithm.HashName(), algorithm.Padding())
                ?? _edwards?.Verify(signed, signature)
                ?? VerifyEcdsa(_ecdsa!, algorithm, signed, signature);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <summary>The key in its usual DER form, by which two keys are compared.</summary>
    public byte[] SubjectPublicKeyInfo() =>
        _rsa?.ExportSubjectPublicKeyInfo() ?? _ecdsa?.ExportSubjectPublicKeyInfo()
        ?? EdwardsCurve.SubjectPublicKeyInfo(Kind, _edwards!);

    public void Dispose()
    {
        _rsa?.Dispose();
        _ecdsa?.Dispose();
        _edwards?.Dispose();
    }

    private bool VerifyEcdsa(
        ECDsa key, SignatureAlgorithm algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature)
    {
        Span<byte> raw = stackalloc byte[EcdsaDer.RawOctets(Kind)];
        if (algorithm < SignatureAlgorithm.EcdsaP256Raw)
        {
            return EcdsaDer.TryToRaw(signature, raw) && key.VerifyData(signed, raw, algorithm.HashName());
        }

        return signature.Length == raw.Length && key.VerifyData(signed, signature, algorithm.HashName());
    }

    private static PublicKey? Read(
        ReadOnlySpan<byte> oid, DerReader parameters, ReadOnlySpan<byte> value, ref string fault)
    {
        if (oid.SequenceEqual(RsaOid))
        {
            return ReadRsa(value, only: null, ref fault);
        }

        if (oid.SequenceEqual(RsaPssOid))
        {
            return ReadRsaPss(parameters, value, ref fault);
        }

        if (oid.SequenceEqual(EcOid))
        {
            return ReadEcdsa(parameters, value, ref fault);
        }

        KeyKind? edwards = EdwardsCurve.KindOf(oid);
        fault = edwards is null
            ? "the public key is neither RSA, ECDSA, Ed25519 nor Ed448"
            : "the EdDSA key has a wrong length";
        return edwards is not null && parameters.AtEnd && EdwardsCurve.FromPublic(edwards.Value, value) is { } handle
            ? new PublicKey(edwards.Value, null, null, handle)
            : null;
    }

    private static PublicKey? ReadRsaPss(DerReader parameters, ReadOnlySpan<byte> value, ref string fault)
    {
        // RFC 4055 §3.1: absent parameters leave the choice to the signer.
        return parameters.AtEnd
            ? ReadRsa(value, only: null, ref fault)
            : AlgorithmIdentifier.TryReadPss(parameters, out SignatureAlgorithm only, out fault)
                ? ReadRsa(value, only, ref fault)
                : null;
    }

    private static PublicKey? ReadRsa(ReadOnlySpan<byte> value, SignatureAlgorithm? only, ref string fault)
    {
        RSA rsa = RSA.Create();
        fault = "the RSA key is not sound";
        try
        {
            rsa.ImportRSAPublicKey(value, out int read);
            if (read == value.Length && rsa.KeySize is >= KeyLimits.RsaBitsFloor and <= KeyLimits.RsaBitsMax)
            {
                return new PublicKey(KeyKind.Rsa, rsa, null, null, only);
            }

            fault = $"the RSA key has {rsa.KeySize} bits, not {KeyLimits.RsaBitsFloor} to {KeyLimits.RsaBitsMax}";
        }
        catch (CryptographicException)
        {
            // Not a modulus and exponent that OpenSSL takes: the fault above says it.
        }

        rsa.Dispose();
        return null;
    }

    // The curve and the form of the point are looked at before the BCL is asked: curves written out as parameters are
    // work for whoever checks them, and unknown ones make it throw.
    private static PublicKey? ReadEcdsa(DerReader parameters, ReadOnlySpan<byte> point, ref string fault)
    {
        fault = "the ECDSA key is not a point of P-256, P-384 or P-521";
        if (!parameters.TryRead(Asn1Tag.ObjectIdentifier, out ReadOnlySpan<byte> oid) || !parameters.AtEnd
            || !KeyCurves.TryFind(oid, out KeyKind kind, out ECCurve curve)
            || !KeyCurves.TryReadPoint(kind, point, out ECPoint q))
        {
            return null;
        }

        try
        {
            return new PublicKey(kind, null, ECDsa.Create(new ECParameters { Curve = curve, Q = q }), null);
        }
        catch (CryptographicException)
        {
            // The point is not on its curve: the fault above says it.
            return null;
        }
    }
}
