using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using IkeCluster.Crypto.Der;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Crypto.Certificates;

/// <summary>
/// Whether a certificate was issued to an identity (RFC 4945 §3; RFC 7296 §3.5): a name against the subjectAltName of
/// its type, a distinguished name against the subject. The common name is never looked at, and a * in a certificate is
/// a letter.
/// </summary>
public static class CertificateIdentity
{
    private const string SubjectAltName = "2.5.29.17";
    private const int EmptyNameOctets = 2;

    // GeneralName (RFC 5280 §4.2.1.6)
    private static readonly Asn1Tag Rfc822Name = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag DnsName = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag DirectoryName = new(TagClass.ContextSpecific, 4, isConstructed: true);
    private static readonly Asn1Tag IpAddressName = new(TagClass.ContextSpecific, 7);

    public static bool Holds(X509Certificate2 certificate, Identity id)
    {
        // A peer's certificate: what the BCL throws on unsound names means that it holds none of them.
        try
        {
            return IsSubject(certificate, id) || IsAlternativeName(certificate, id);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool IsSubject(X509Certificate2 certificate, Identity id) =>
        id.Type == IdType.DerAsn1Dn && IsSameName(certificate.SubjectName.RawData, id);

    private static bool IsAlternativeName(X509Certificate2 certificate, Identity id)
    {
        foreach (X509Extension extension in certificate.Extensions)
        {
            if (extension.Oid?.Value is SubjectAltName && HoldsName(extension.RawData, id))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HoldsName(ReadOnlySpan<byte> extension, Identity id)
    {
        bool isSound = new DerReader(extension).TryEnterOnly(Asn1Tag.Sequence, out DerReader names);
        while (isSound && names.TryReadAny(out Asn1Tag tag, out ReadOnlySpan<byte> name))
        {
            if (IsName(tag, name, id))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsName(Asn1Tag tag, ReadOnlySpan<byte> name, Identity id)
    {
        ReadOnlySpan<byte> data = id.Data.AsSpan();
        return id.Type switch
        {
            IdType.Fqdn => tag == DnsName && Ascii.EqualsIgnoreCase(name, data),
            IdType.Rfc822Addr => tag == Rfc822Name && IsSameMailbox(name, data),
            IdType.Ipv4Addr or IdType.Ipv6Addr => tag == IpAddressName && name.SequenceEqual(data),
            IdType.DerAsn1Dn => tag == DirectoryName && IsSameName(name, id),
            _ => false,
        };
    }

    // RFC 5280 §7.5: the host is compared without regard to case, what stands before the @ is not ours to judge.
    private static bool IsSameMailbox(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        int at = name.LastIndexOf((byte)'@');
        return at >= 0 && name.Length == data.Length
            && name[..at].SequenceEqual(data[..at])
            && Ascii.EqualsIgnoreCase(name[at..], data[at..]);
    }

    // Equality, not Match: a peer may call itself CN=*, and that is a pattern only in a configuration. An empty name is
    // nobody's: certificates without a subject are common (RFC 5280 §4.1.2.6).
    private static bool IsSameName(ReadOnlySpan<byte> der, Identity id) =>
        der.Length > EmptyNameOctets && new Identity(IdType.DerAsn1Dn, ImmutableArray.Create(der)).Equals(id);
}
