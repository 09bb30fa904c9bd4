using System.Formats.Asn1;
using IkeCluster.Crypto.Der;

namespace IkeCluster.Crypto.Signatures;

/// <summary>
/// ECDSA-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 5480) to r|s of fixed width. The base class library would
/// take the DER form too, but it also takes a negative s for a positive one, so that one signature has two forms.
/// </summary>
internal static class EcdsaDer
{
    public static bool TryToRaw(ReadOnlySpan<byte> der, Span<byte> raw)
    {
        raw.Clear();
        int width = raw.Length / 2;
        return new DerReader(der).TryEnterOnly(Asn1Tag.Sequence, out DerReader value)
            && TryReadNumber(ref value, raw[..width])
            && TryReadNumber(ref value, raw[width..])
            && value.AtEnd;
    }

    /// <summary>Octets of r|s.</summary>
    public static int RawOctets(KeyKind kind) => 2 * ((KeyCurves.Bits(kind) + 7) / 8);

    // Non-negative and in the shortest form: a zero octet only in front of one that would read as a sign.
    private static bool TryReadNumber(ref DerReader value, Span<byte> into)
    {
        if (!value.TryRead(Asn1Tag.Integer, out ReadOnlySpan<byte> number) || number.IsEmpty || number[0] > 0x7F
            || (number.Length > 1 && number[0] == 0 && number[1] <= 0x7F))
        {
            return false;
        }

        ReadOnlySpan<byte> digits = number[0] == 0 ? number[1..] : number;
        if (digits.Length > into.Length)
        {
            return false;
        }

        digits.CopyTo(into[^digits.Length..]);
        return true;
    }
}
