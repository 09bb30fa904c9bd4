using System.Security.Cryptography.X509Certificates;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Crypto.Certificates;

/// <summary>
/// Names of certificates for the log, written as identities are. A stranger may have chosen them:
/// <see cref="Identity"/> shows no control characters, and no novels.
/// </summary>
internal static class CertificateText
{
    public static string Subject(X509Certificate2 certificate) => Shown(certificate.SubjectName);

    public static string Issuer(X509Certificate2 certificate) => Shown(certificate.IssuerName);

    private static string Shown(X500DistinguishedName name) => new Identity(IdType.DerAsn1Dn, [.. name.RawData]).ToQuoted();
}
