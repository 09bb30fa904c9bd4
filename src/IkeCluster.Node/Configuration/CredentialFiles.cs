using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads what the configuration names by file: certificates, private keys, secrets. A fault stands at the name.</summary>
internal sealed class CredentialFiles(string folder, ConfigReport report)
{
    private const int OctetsMax = 1024 * 1024;

    private readonly Dictionary<string, ImmutableArray<X509Certificate2>> _certificates = new(StringComparer.Ordinal);

    /// <summary>All certificates of a PEM file, or the one of a DER file; empty with a fault where there is none.</summary>
    public ImmutableArray<X509Certificate2> Certificates(ConfigScalar name)
    {
        string path = Path.GetFullPath(name.Text, folder);
        if (!_certificates.TryGetValue(path, out ImmutableArray<X509Certificate2> found))
        {
            _certificates[path] = found = Read(name) is { } octets ? Parse(name, octets) : [];
        }

        return found;
    }

    /// <summary>The same, of which each must be an authority's.</summary>
    public ImmutableArray<X509Certificate2> Authorities(ConfigScalar name)
    {
        ImmutableArray<X509Certificate2> found = Certificates(name);
        foreach (X509Certificate2 certificate in found)
        {
            if (!TrustAnchors.IsAuthority(certificate, out string fault))
            {
                report.Fault(name.Place, $"{name.Text}: {fault}");
            }
        }

        return found;
    }

    public PrivateKey? Key(ConfigScalar name, string? passphrase)
    {
        if (Read(name) is not { } octets)
        {
            return null;
        }

        bool isPem = octets.AsSpan().StartsWith("-----"u8) || octets.AsSpan().IndexOf("\n-----BEGIN"u8) >= 0;
        string pem = isPem ? System.Text.Encoding.Latin1.GetString(octets) : PemEncoding.WriteString("PRIVATE KEY", octets);
        CryptographicOperations.ZeroMemory(octets);
        if (PrivateKey.TryLoadPem(pem, passphrase, out PrivateKey key, out string fault))
        {
            return key;
        }

        report.Fault(name.Place, $"{name.Text} holds no private key that can be used: {fault}");
        return null;
    }

    /// <summary>The octets of a secret without the line end that editors put behind it.</summary>
    public byte[]? Secret(ConfigScalar name)
    {
        if (Read(name) is not { } octets)
        {
            return null;
        }

        int length = octets.Length;
        while (length > 0 && octets[length - 1] is (byte)'\n' or (byte)'\r')
        {
            length--;
        }

        byte[] secret = octets[..length];
        CryptographicOperations.ZeroMemory(octets);
        return secret;
    }

    private ImmutableArray<X509Certificate2> Parse(ConfigScalar name, byte[] octets)
    {
        try
        {
            if (octets.AsSpan().IndexOf("-----BEGIN CERTIFICATE-----"u8) < 0)
            {
                return [X509CertificateLoader.LoadCertificate(octets)];
            }

            var found = new X509Certificate2Collection();
            found.ImportFromPem(System.Text.Encoding.Latin1.GetString(octets));
            return [.. found];
        }
        catch (CryptographicException)
        {
            report.Fault(name.Place, $"{name.Text} holds no certificate, name a file in PEM or DER");
            return [];
        }
    }

    private byte[]? Read(ConfigScalar name)
    {
        try
        {
            string path = Path.GetFullPath(name.Text, folder);
            if (new FileInfo(path) is { Exists: true, Length: > OctetsMax })
            {
                report.Fault(name.Place, $"{name.Text} is larger than {OctetsMax / 1024} KiB, it cannot be what is asked for");
                return null;
            }

            return File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ArgumentException)
        {
            report.Fault(
                name.Place, $"{name.Text} cannot be read: {FileTrouble.Cause(fault)} (names are relative to the configuration's folder)");
            return null;
        }
    }
}
