using System.Security.Cryptography;

namespace IkeCluster.Crypto.Signatures;

/// <summary>The three curves of IKEv2 signatures (RFC 4754; RFC 8247 §4).</summary>
internal static class KeyCurves
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private const string P384 = "1.3.132.0.34";
    private const string P521 = "1.3.132.0.35";

    /// <summary>Null for every other curve, and for curves written out as parameters (RFC 5480 §2.1.1 forbids them).</summary>
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
