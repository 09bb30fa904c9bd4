using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace IkeCluster.Crypto.Certificates;

/// <summary>
/// Extensions of RFC 5280 §4.2.1. The BCL decodes them when they are asked for and throws
/// <see cref="CryptographicException"/> on unsound ones; the callers catch that for a peer's certificate as a whole.
/// </summary>
internal static class CertificateExtensions
{
    private const string AnyExtendedKeyUsage = "2.5.29.37.0";
    private const string ServerAuth = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuth = "1.3.6.1.5.5.7.3.2";
    private const string IpsecIke = "1.3.6.1.5.5.7.3.17";
    private const string IkeIntermediate = "1.3.6.1.5.5.8.2.2";

    public static bool IsAuthority(X509Certificate2 certificate) =>
        Find<X509BasicConstraintsExtension>(certificate) is { CertificateAuthority: true };

    /// <summary>RFC 5280 §4.2.1.3: an authority whose key usage is given must have keyCertSign in it.</summary>
    public static bool MaySignCertificates(X509Certificate2 certificate) =>
        Find<X509KeyUsageExtension>(certificate) is not { } usage
        || usage.KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign);

    /// <summary>RFC 4945 §5.1.3.2: digitalSignature or nonRepudiation, where key usage is given.</summary>
    public static bool MaySignAuth(X509Certificate2 certificate) =>
        Find<X509KeyUsageExtension>(certificate) is not { } usage
        || usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature)
        || usage.KeyUsages.HasFlag(X509KeyUsageFlags.NonRepudiation);

    /// <summary>RFC 4945 §5.1.3.12, and what is found in the field: TLS client and server, ikeIntermediate.</summary>
    public static bool IsForIke(X509Certificate2 certificate)
    {
        if (Find<X509EnhancedKeyUsageExtension>(certificate) is not { } usage)
        {
            return true;
        }

        foreach (Oid purpose in usage.EnhancedKeyUsages)
        {
            if (purpose.Value is AnyExtendedKeyUsage or ServerAuth or ClientAuth or IpsecIke or IkeIntermediate)
            {
                return true;
            }
        }

        return false;
    }

    private static T? Find<T>(X509Certificate2 certificate)
        where T : X509Extension => certificate.Extensions.OfType<T>().FirstOrDefault();
}
