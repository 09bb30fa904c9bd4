using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text;
using IkeCluster.Crypto.Der;
using IkeCluster.Crypto.Native;

namespace IkeCluster.Crypto.Signatures;

/// <summary>Reads private keys as openssl and strongSwan's pki write them; a fault is one line for the operator.</summary>
internal static class PrivateKeyPem
{
    private static ReadOnlySpan<byte> RsaOid => [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

    private static ReadOnlySpan<byte> EcOid => [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];

    public static bool TryLoad(string pem, string? passphrase, out PrivateKey key, out string fault)
    {
        key = null!;
        if (!TryFindKey(pem, out string label, out SecretBytes? der, out fault))
        {
            return false;
        }

        using (der)
        {
            PrivateKey? read = Read(label, der.Reveal(), passphrase, ref fault);
            key = read!;
            return read is not null;
        }
    }

    private static bool TryFindKey(string pem, out string label, out SecretBytes der, out string fault)
    {
        ReadOnlySpan<char> rest = pem;
        while (PemEncoding.TryFind(rest, out PemFields fields))
        {
            label = rest[fields.Label].ToString();
            if (label.EndsWith("PRIVATE KEY", StringComparison.Ordinal))
            {
                der = new SecretBytes(fields.DecodedDataLength);
                bool decoded = Convert.TryFromBase64Chars(rest[fields.Base64Data], der.Reveal(), out _);
                fault = decoded ? "" : "the private key is not sound base64";
                return decoded;
            }

            rest = rest[fields.Location.End..];
        }

        (label, der) = ("", null!);
        fault = pem.Contains("Proc-Type:", StringComparison.Ordinal)
            ? "the private key is in OpenSSL's old encrypted form; convert it with: openssl pkcs8 -topk8"
            : "there is no private key in PEM form here";
        return false;
    }

    private static PrivateKey? Read(string label, ReadOnlySpan<byte> der, string? passphrase, ref string fault)
    {
        switch (label)
        {
            case "RSA PRIVATE KEY":
                return ReadRsa(der, isPkcs8: false, ref fault);
            case "EC PRIVATE KEY":
                return ReadEcdsa(der, isPkcs8: false, ref fault);
            case "PRIVATE KEY":
                return ReadPkcs8(der, ref fault);
            case "ENCRYPTED PRIVATE KEY":
                return ReadEncrypted(der, passphrase, ref fault);
            default:
                fault = $"a private key of the form «{label}» cannot be read; convert it with: openssl pkcs8 -topk8";
                return null;
        }
    }

    private static PrivateKey? ReadEncrypted(ReadOnlySpan<byte> der, string? passphrase, ref string fault)
    {
        if (passphrase is null)
        {
            fault = "the private key is encrypted and there is no passphrase for it";
            return null;
        }

        using SecretBytes secret = new(Encoding.UTF8.GetByteCount(passphrase));
        Encoding.UTF8.GetBytes(passphrase, secret.Reveal());
        using SecretBytes? plain = EncryptedPkcs8.TryOpen(der, secret.Reveal());
        if (plain is null)
        {
            fault = "the private key does not open with this passphrase";
            return null;
        }

        return ReadPkcs8(plain.Reveal(), ref fault);
    }

    // PrivateKeyInfo ::= SEQUENCE { version, privateKeyAlgorithm, privateKey OCTET STRING, ... } (RFC 5958 §2)
    private static PrivateKey? ReadPkcs8(ReadOnlySpan<byte> der, ref string fault)
    {
        fault = "the private key is not sound PKCS #8";
        if (!new DerReader(der).TryEnterOnly(Asn1Tag.Sequence, out DerReader info)
            || !info.TryReadSmall(out _)
            || !info.TryEnter(Asn1Tag.Sequence, out DerReader identifier)
            || !identifier.TryRead(Asn1Tag.ObjectIdentifier, out ReadOnlySpan<byte> oid)
            || !info.TryRead(Asn1Tag.PrimitiveOctetString, out ReadOnlySpan<byte> field))
        {
            return null;
        }

        if (oid.SequenceEqual(RsaOid))
        {
            return ReadRsa(der, isPkcs8: true, ref fault);
        }

        if (oid.SequenceEqual(EcOid))
        {
            return ReadEcdsa(der, isPkcs8: true, ref fault);
        }

        KeyKind? edwards = EdwardsCurve.KindOf(oid);
        fault = edwards is null ? "the private key is neither RSA, ECDSA, Ed25519 nor Ed448" : fault;
        return edwards is not null && EdwardsCurve.FromPrivate(edwards.Value, field) is { } handle
            ? new PrivateKey(edwards.Value, handle)
            : null;
    }

    private static PrivateKey? ReadRsa(ReadOnlySpan<byte> der, bool isPkcs8, ref string fault)
    {
        RSA rsa = RSA.Create();
        if (!TryImport(rsa, der, isPkcs8))
        {
            fault = "the RSA private key is not sound";
        }
        else if (rsa.KeySize is < KeyLimits.RsaBitsFloor or > KeyLimits.RsaBitsMax)
        {
            fault = $"the RSA key has {rsa.KeySize} bits, not {KeyLimits.RsaBitsFloor} to {KeyLimits.RsaBitsMax}";
        }
        else
        {
            return new PrivateKey(rsa);
        }

        rsa.Dispose();
        return null;
    }

    private static PrivateKey? ReadEcdsa(ReadOnlySpan<byte> der, bool isPkcs8, ref string fault)
    {
        ECDsa ecdsa = ECDsa.Create();
        if (TryImport(ecdsa, der, isPkcs8) && KeyCurves.KindOf(ecdsa) is { } kind)
        {
            return new PrivateKey(kind, ecdsa);
        }

        fault = "the ECDSA private key is not a sound key of P-256, P-384 or P-521";
        ecdsa.Dispose();
        return null;
    }

    // The BCL says what is wrong with an operator's file by an exception; the operator gets a line instead.
    private static bool TryImport(AsymmetricAlgorithm key, ReadOnlySpan<byte> der, bool isPkcs8)
    {
        try
        {
            switch (key)
            {
                case RSA rsa when !isPkcs8:
                    rsa.ImportRSAPrivateKey(der, out _);
                    break;
                case ECDsa ecdsa when !isPkcs8:
                    ecdsa.ImportECPrivateKey(der, out _);
                    break;
                default:
                    key.ImportPkcs8PrivateKey(der, out _);
                    break;
            }

            return true;
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            return false;
        }
    }
}
