using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Der;

namespace IkeCluster.Crypto.Certificates;

/// <summary>Reads the certificate of a CERT payload (encoding 4, RFC 7296 §3.6).</summary>
public static class PeerCertificate
{
    public static bool TryRead(ReadOnlySpan<byte> der, out X509Certificate2 certificate, out CertificateFault fault)
    {
        certificate = null!;
        fault = CertificateFault.None;
        if (der.Length > CertificateLimits.CertificateOctetsMax)
        {
            fault = new CertificateFault(
                CertificateFaultKind.Unreadable,
                $"a certificate of {der.Length} octets is more than {CertificateLimits.CertificateOctetsMax}");
        }
        else if (!new DerReader(der).TryEnterOnly(Asn1Tag.Sequence, out _) || (certificate = Load(der)!) is null)
        {
            fault = new CertificateFault(CertificateFaultKind.Unreadable, "a certificate of the peer is not sound DER");
        }

        return !fault.IsFault;
    }

    // The octets are a peer's and the BCL's only reader throws where they are unsound: the exception ends here.
    private static X509Certificate2? Load(ReadOnlySpan<byte> der)
    {
        try
        {
            return X509CertificateLoader.LoadCertificate(der);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
