using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace IkeCluster.Crypto.Certificates;

/// <summary>Reads certificates that the operator configured; a fault is one line.</summary>
public static class CertificateFile
{
    private const string Label = "CERTIFICATE";

    private static ReadOnlySpan<byte> PemBegin => "-----BEGIN"u8;

    /// <summary>All certificates of a file in PEM, or the one of a file in DER, in the order of the file.</summary>
    public static bool TryLoad(
        ReadOnlySpan<byte> content, out ImmutableArray<X509Certificate2> certificates, out string fault)
    {
        if (content.IndexOf(PemBegin) >= 0)
        {
            return TryLoadPem(Encoding.UTF8.GetString(content), out certificates, out fault);
        }

        certificates = [];
        if (TryRead(content) is not { } certificate)
        {
            fault = "this is neither a certificate in PEM nor one in DER";
            return false;
        }

        certificates = [certificate];
        fault = "";
        return true;
    }

    public static bool TryLoadPem(string pem, out ImmutableArray<X509Certificate2> certificates, out string fault)
    {
        ImmutableArray<X509Certificate2>.Builder found = ImmutableArray.CreateBuilder<X509Certificate2>();
        certificates = [];
        fault = "";
        ReadOnlySpan<char> rest = pem;
        while (fault.Length == 0 && PemEncoding.TryFind(rest, out PemFields fields))
        {
            if (rest[fields.Label] is Label)
            {
                TryAdd(rest[fields.Base64Data], fields.DecodedDataLength, found, ref fault);
            }

            rest = rest[fields.Location.End..];
        }

        if (fault.Length == 0 && found.Count == 0)
        {
            fault = "there is no certificate in PEM form here";
        }

        certificates = fault.Length == 0 ? found.ToImmutable() : [];
        return fault.Length == 0;
    }

    private static void TryAdd(
        ReadOnlySpan<char> base64, int octets, ImmutableArray<X509Certificate2>.Builder found, ref string fault)
    {
        byte[] der = new byte[octets];
        bool isDecoded = Convert.TryFromBase64Chars(base64, der, out _);
        if (found.Count == CertificateLimits.FileCertificatesMax)
        {
            fault = $"there are more than {CertificateLimits.FileCertificatesMax} certificates here";
        }
        else if (!isDecoded || TryRead(der) is not { } certificate)
        {
            fault = $"certificate {found.Count + 1} of the file cannot be read";
        }
        else
        {
            found.Add(certificate);
        }
    }

    private static X509Certificate2? TryRead(ReadOnlySpan<byte> der)
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
