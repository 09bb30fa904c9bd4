using System.Formats.Asn1;
using IkeCluster.Crypto.Der;

namespace IkeCluster.Crypto.Signatures;

/// <summary>
/// AlgorithmIdentifiers of signatures in DER, as RFC 7427 Appendix A lists them: in front of the signature in the AUTH
/// payload of method 14, and inside certificates.
/// </summary>
public static class AlgorithmIdentifier
{
    private static ReadOnlySpan<byte> PssOid => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A];

    // sha*WithRSAEncryption (RFC 4055 §5), ecdsa-with-SHA* (RFC 5758 §3.2), EdDSA (RFC 8410 §3).
    private static readonly (SignatureAlgorithm Algorithm, byte[] Oid)[] Plain =
    [
        (SignatureAlgorithm.RsaPkcs1Sha1, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x05]),
        (SignatureAlgorithm.RsaPkcs1Sha256, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B]),
        (SignatureAlgorithm.RsaPkcs1Sha384, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0C]),
        (SignatureAlgorithm.RsaPkcs1Sha512, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0D]),
        (SignatureAlgorithm.EcdsaSha256, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]),
        (SignatureAlgorithm.EcdsaSha384, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x03]),
        (SignatureAlgorithm.EcdsaSha512, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x04]),
        (SignatureAlgorithm.Ed25519, [0x2B, 0x65, 0x70]),
        (SignatureAlgorithm.Ed448, [0x2B, 0x65, 0x71]),
    ];

    /// <summary>Reads exactly one AlgorithmIdentifier; the fault says in a line why it is not taken.</summary>
    public static bool TryRead(ReadOnlySpan<byte> der, out SignatureAlgorithm algorithm, out string fault)
    {
        algorithm = default;
        if (!new DerReader(der).TryEnterOnly(Asn1Tag.Sequence, out DerReader identifier)
            || !identifier.TryRead(Asn1Tag.ObjectIdentifier, out ReadOnlySpan<byte> oid))
        {
            fault = "the signature's AlgorithmIdentifier is not sound DER";
            return false;
        }

        return oid.SequenceEqual(PssOid)
            ? TryReadPss(identifier, out algorithm, out fault)
            : TryReadPlain(oid, identifier, out algorithm, out fault);
    }

    /// <summary>The AlgorithmIdentifier that goes in front of such a signature.</summary>
    internal static byte[] Write(SignatureAlgorithm algorithm) => algorithm.IsRsaPss()
        ? WritePss(algorithm)
        : WritePlain(algorithm);

    /// <summary>The inside of an id-RSASSA-PSS identifier behind its OID.</summary>
    internal static bool TryReadPss(DerReader identifier, out SignatureAlgorithm algorithm, out string fault)
    {
        algorithm = default;
        if (!identifier.TryEnterOnly(Asn1Tag.Sequence, out DerReader parameters))
        {
            fault = "RSASSA-PSS has no parameters";
            return false;
        }

        return PssParameters.TryRead(parameters, out algorithm, out fault);
    }

    internal static bool IsNullOrAbsent(DerReader parameters) =>
        parameters.AtEnd
        || (parameters.TryRead(Asn1Tag.Null, out ReadOnlySpan<byte> content) && content.IsEmpty && parameters.AtEnd);

    private static bool TryReadPlain(
        ReadOnlySpan<byte> oid, DerReader parameters, out SignatureAlgorithm algorithm, out string fault)
    {
        algorithm = default;
        foreach ((SignatureAlgorithm candidate, byte[] itsOid) in Plain)
        {
            if (oid.SequenceEqual(itsOid))
            {
                algorithm = candidate;
                bool sound = AreSound(candidate, parameters);
                fault = sound ? "" : $"{candidate.Name()} has parameters that do not belong to it";
                return sound;
            }
        }

        fault = "the signature algorithm is not one of ours";
        return false;
    }

    // RFC 4055 §5: NULL or absent for RSA. RFC 5758 §3.2 and RFC 8410 §3: absent for ECDSA and EdDSA.
    private static bool AreSound(SignatureAlgorithm algorithm, DerReader parameters) =>
        parameters.AtEnd || (algorithm.IsRsa() && IsNullOrAbsent(parameters));

    private static byte[] WritePlain(SignatureAlgorithm algorithm)
    {
        byte[] oid = Array.Find(Plain, row => row.Algorithm == algorithm).Oid;
        return algorithm.IsRsa()
            ? [0x30, (byte)(oid.Length + 4), 0x06, (byte)oid.Length, .. oid, 0x05, 0x00]
            : [0x30, (byte)(oid.Length + 2), 0x06, (byte)oid.Length, .. oid];
    }

    // The trailer field has its default value and is therefore not written (DER; RFC 4055 §3.1).
    private static byte[] WritePss(SignatureAlgorithm algorithm)
    {
        byte last = (byte)(1 + (algorithm - SignatureAlgorithm.RsaPssSha256));
        byte[] hash = [0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last, 0x05, 0x00];
        byte[] parameters =
        [
            0xA0, 0x0F, .. hash,
            0xA1, 0x1C, 0x30, 0x1A, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08, .. hash,
            0xA2, 0x03, 0x02, 0x01, (byte)PssParameters.OctetsOf(algorithm),
        ];
        byte[] oid = [0x06, 0x09, .. PssOid];
        return [0x30, (byte)(oid.Length + 2 + parameters.Length), .. oid, 0x30, (byte)parameters.Length, .. parameters];
    }
}
