using System.Security.Cryptography.X509Certificates;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Crypto.Certificates;

/// <summary>
/// Names of certificates for the log, written as identities are. A stranger may have chosen them:
/// <see cref="Identity"/> shows no control characters, and here are no novels.
/// </summary>
internal static class CertificateText
{
    private const int NameCharactersMax = 200;

    public static string Subject(X509Certificate2 certificate) => Shown(certificate.SubjectName);

    public static string Issuer(X509Certificate2 certificate) => Shown(certificate.IssuerName);

    private static string Shown(X500DistinguishedName name)
    {
        string text = new Identity(IdType.DerAsn1Dn, [.. name.RawData]).ToString();
        return text.Length > NameCharactersMax ? $"«{text.AsSpan(0, NameCharactersMax)}…»" : $"«{text}»";
    }
}
