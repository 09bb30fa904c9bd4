using System.Formats.Asn1;
using IkeCluster.Crypto.Der;

namespace IkeCluster.Crypto.Signatures;

/// <summary>
/// The parameters of RSASSA-PSS (RFC 4055 §3.1). Of all that can be written there three sets are taken: SHA-256,
/// SHA-384 or SHA-512, MGF1 with the same hash, a salt as long as the hash, trailer field 1. The defaults of the absent fields
/// name SHA-1 and are therefore refused, field by field.
/// </summary>
internal static class PssParameters
{
    private static readonly Asn1Tag Hash = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag MaskGeneration = new(TagClass.ContextSpecific, 1, isConstructed: true);
    private static readonly Asn1Tag SaltLength = new(TagClass.ContextSpecific, 2, isConstructed: true);
    private static readonly Asn1Tag TrailerField = new(TagClass.ContextSpecific, 3, isConstructed: true);

    private static ReadOnlySpan<byte> Mgf1Oid => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x08];

    // 2.16.840.1.101.3.4.2.x: the last octet is the hash.
    private static ReadOnlySpan<byte> Sha2Arc => [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];

    /// <summary>Reads the content of the RSASSA-PSS-params SEQUENCE.</summary>
    public static bool TryRead(DerReader parameters, out SignatureAlgorithm algorithm, out string fault)
    {
        fault = "";
        if (!TryReadHash(ref parameters, out algorithm))
        {
            fault = "RSASSA-PSS is taken with SHA-256, SHA-384 or SHA-512 only";
        }
        else if (!TryReadMask(ref parameters, out SignatureAlgorithm mask) || mask != algorithm)
        {
            fault = "RSASSA-PSS needs MGF1 with the hash of the signature";
        }
        else if (!TryReadTagged(ref parameters, SaltLength, out int salt) || salt != OctetsOf(algorithm))
        {
            fault = "RSASSA-PSS needs a salt as long as the hash";
        }
        else if (parameters.NextIs(TrailerField)
                 && !(TryReadTagged(ref parameters, TrailerField, out int trailer) && trailer == 1))
        {
            fault = "RSASSA-PSS has trailer field 1 only";
        }
        else if (!parameters.AtEnd)
        {
            fault = "RSASSA-PSS parameters have something behind them";
        }

        return fault.Length == 0;
    }

    internal static int OctetsOf(SignatureAlgorithm algorithm) => algorithm switch
    {
        SignatureAlgorithm.RsaPssSha256 => 32,
        SignatureAlgorithm.RsaPssSha384 => 48,
        _ => 64,
    };

    private static bool TryReadHash(ref DerReader parameters, out SignatureAlgorithm algorithm)
    {
        algorithm = default;
        return parameters.TryEnter(Hash, out DerReader tagged) && TryReadHashIdentifier(tagged, out algorithm);
    }

    private static bool TryReadMask(ref DerReader parameters, out SignatureAlgorithm algorithm)
    {
        algorithm = default;
        return parameters.TryEnter(MaskGeneration, out DerReader tagged)
            && tagged.TryEnterOnly(Asn1Tag.Sequence, out DerReader identifier)
            && identifier.TryRead(Asn1Tag.ObjectIdentifier, out ReadOnlySpan<byte> oid)
            && oid.SequenceEqual(Mgf1Oid)
            && TryReadHashIdentifier(identifier, out algorithm);
    }

    // RFC 4055 §2.1: the parameters of a SHA-2 hash are NULL or absent, both must be accepted.
    private static bool TryReadHashIdentifier(DerReader outer, out SignatureAlgorithm algorithm)
    {
        algorithm = default;
        if (!outer.TryEnterOnly(Asn1Tag.Sequence, out DerReader identifier)
            || !identifier.TryRead(Asn1Tag.ObjectIdentifier, out ReadOnlySpan<byte> oid)
            || !AlgorithmIdentifier.IsNullOrAbsent(identifier)
            || oid.Length != Sha2Arc.Length + 1
            || !oid.StartsWith(Sha2Arc)
            || oid[^1] is < 1 or > 3)
        {
            return false;
        }

        algorithm = SignatureAlgorithm.RsaPssSha256 + (oid[^1] - 1);
        return true;
    }

    private static bool TryReadTagged(ref DerReader parameters, Asn1Tag tag, out int value)
    {
        value = 0;
        return parameters.TryEnter(tag, out DerReader tagged) && tagged.TryReadSmall(out value) && tagged.AtEnd;
    }
}
