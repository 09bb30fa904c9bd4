using System.Security.Cryptography;

namespace IkeCluster.Crypto.Signatures;

/// <summary>The three curves of IKEv2 signatures (RFC 4754; RFC 8247 §4).</summary>
internal static class KeyCurves
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private const string P384 = "1.3.132.0.34";
    private const string P521 = "1.3.132.0.35";

    private const byte Uncompressed = 4;

    private static ReadOnlySpan<byte> P256Oid => [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    private static ReadOnlySpan<byte> P384Oid => [0x2B, 0x81, 0x04, 0x00, 0x22];

    private static ReadOnlySpan<byte> P521Oid => [0x2B, 0x81, 0x04, 0x00, 0x23];

    /// <summary>The curve of an OID in DER.</summary>
    public static bool TryFind(ReadOnlySpan<byte> oid, out KeyKind kind, out ECCurve curve)
    {
        (kind, curve) = oid.SequenceEqual(P256Oid) ? (KeyKind.Ecdsa256, ECCurve.NamedCurves.nistP256)
            : oid.SequenceEqual(P384Oid) ? (KeyKind.Ecdsa384, ECCurve.NamedCurves.nistP384)
            : (KeyKind.Ecdsa521, ECCurve.NamedCurves.nistP521);
        return kind != KeyKind.Ecdsa521 || oid.SequenceEqual(P521Oid);
    }

    /// <summary>A point of the right length in uncompressed form, the one that all must know (RFC 5480 §2.2).</summary>
    public static bool TryReadPoint(KeyKind kind, ReadOnlySpan<byte> octets, out ECPoint point)
    {
        int width = (Bits(kind) + 7) / 8;
        point = default;
        if (octets.Length != 1 + (2 * width) || octets[0] != Uncompressed)
        {
            return false;
        }

        point = new ECPoint { X = octets.Slice(1, width).ToArray(), Y = octets[(1 + width)..].ToArray() };
        return true;
    }

    /// <summary>Null for every other curve, and for one written out as parameters (RFC 5480 §2.1.1).</summary>
    public static KeyKind? KindOf(ECDsa key)
    {
        ECCurve curve = key.ExportParameters(includePrivateParameters: false).Curve;
        return !curve.IsNamed ? null : curve.Oid.Value switch
        {
            P256 => KeyKind.Ecdsa256,
            P384 => KeyKind.Ecdsa384,
            P521 => KeyKind.Ecdsa521,
            _ => null,
        };
    }

    public static int Bits(KeyKind kind) => kind switch
    {
        KeyKind.Ecdsa384 => 384,
        KeyKind.Ecdsa521 => 521,
        KeyKind.Ed448 => 456,
        _ => 256,
    };
}
