using System.Formats.Asn1;
using IkeCluster.Crypto.Der;
using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Signatures;

/// <summary>Sizes and encodings of Ed25519 and Ed448 (RFC 8032 §5; RFC 8410).</summary>
internal static class EdwardsCurve
{
    private static ReadOnlySpan<byte> Ed25519Oid => [0x2B, 0x65, 0x70];

    private static ReadOnlySpan<byte> Ed448Oid => [0x2B, 0x65, 0x71];

    public static KeyKind? KindOf(ReadOnlySpan<byte> oid) =>
        oid.SequenceEqual(Ed25519Oid) ? KeyKind.Ed25519 : oid.SequenceEqual(Ed448Oid) ? KeyKind.Ed448 : null;

    public static int KeyOctets(KeyKind kind) => kind == KeyKind.Ed448 ? 57 : 32;

    public static int SignatureOctets(KeyKind kind) => kind == KeyKind.Ed448 ? 114 : 64;

    public static EdwardsKey? FromPublic(KeyKind kind, ReadOnlySpan<byte> raw) =>
        EdwardsKey.FromPublic(Curve(kind), raw);

    /// <summary>From the privateKey field of a PrivateKeyInfo: an OCTET STRING in another (RFC 8410 §7).</summary>
    public static EdwardsKey? FromPrivate(KeyKind kind, ReadOnlySpan<byte> field)
    {
        DerReader reader = new(field);
        return reader.TryRead(Asn1Tag.PrimitiveOctetString, out ReadOnlySpan<byte> raw) && reader.AtEnd
            ? EdwardsKey.FromPrivate(Curve(kind), raw)
            : null;
    }

    public static byte[] SubjectPublicKeyInfo(KeyKind kind, EdwardsKey key)
    {
        byte[] raw = new byte[KeyOctets(kind)];
        key.WritePublic(raw);
        ReadOnlySpan<byte> oid = kind == KeyKind.Ed448 ? Ed448Oid : Ed25519Oid;
        byte[] identifier = [0x30, 0x05, 0x06, 0x03, .. oid];
        return [0x30, (byte)(raw.Length + 10), .. identifier, 0x03, (byte)(raw.Length + 1), 0x00, .. raw];
    }

    private static int Curve(KeyKind kind) => kind == KeyKind.Ed448 ? EdwardsKey.Ed448 : EdwardsKey.Ed25519;
}
