using System.Security.Cryptography.X509Certificates;

namespace IkeCluster.Crypto.Certificates;

/// <summary>Names of certificates for the log. A stranger may have written them: no control characters, no novels.</summary>
internal static class CertificateText
{
    private const int NameCharactersMax = 200;

    public static string Subject(X509Certificate2 certificate) => Shown(certificate.Subject);

    public static string Issuer(X509Certificate2 certificate) => Shown(certificate.Issuer);

    private static string Shown(string name)
    {
        string cut = name.Length > NameCharactersMax ? name[..NameCharactersMax] + "…" : name;
        return string.Create(cut.Length + 2, cut, static (into, text) =>
        {
            into[0] = '«';
            into[^1] = '»';
            for (int at = 0; at < text.Length; at++)
            {
                into[at + 1] = char.IsControl(text[at]) ? '?' : text[at];
            }
        });
    }
}
