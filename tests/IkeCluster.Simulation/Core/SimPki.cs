using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using X509PublicKey = System.Security.Cryptography.X509Certificates.PublicKey;

namespace IkeCluster.Simulation.Core;

/// <summary>An authority, the gateway and clients with Ed25519 keys: no chance is in their signatures, so a world can be repeated.</summary>
internal static class SimPki
{
    private static readonly DateTimeOffset NotBefore = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset NotAfter = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // The header of an Ed25519 key in PKCS #8 (RFC 8410 §7); its 32 octets follow.
    private static readonly byte[] KeyHeader = Convert.FromHexString("302e020100300506032b657004220420");

    // RFC 8410 §3: the identifier of Ed25519, without parameters.
    private static readonly byte[] Ed25519Identifier = Convert.FromHexString("300506032b6570");

    private static readonly PrivateKey RootKey = Key(1);
    private static readonly X509Certificate2 Root = Certify("CN=Root", RootKey, dnsName: null, serial: 1);

    public static TrustAnchors Anchors { get; } = TrustAnchors.From([Root]);

    public static PrivateKey GatewayKey { get; } = Key(2);

    public static X509Certificate2 Gateway { get; } = Certify("CN=gateway", GatewayKey, "vpn.example.org", serial: 2);

    public static (ImmutableArray<X509Certificate2> Certificates, PrivateKey Key) Client(int number)
    {
        PrivateKey key = Key((byte)(10 + number));
        return ([Certify($"CN=peer{number}", key, $"peer{number}.example.org", (byte)(10 + number))], key);
    }

    private static PrivateKey Key(byte seed)
    {
        byte[] octets = [.. KeyHeader, .. Enumerable.Repeat(seed, 32)];
        return PrivateKey.TryLoadPem(PemEncoding.WriteString("PRIVATE KEY", octets), passphrase: null, out PrivateKey key, out string fault)
            ? key
            : throw new InvalidOperationException(fault);
    }

    private static X509Certificate2 Certify(string name, PrivateKey key, string? dnsName, byte serial)
    {
        var own = new Signer(key);
        var request = new CertificateRequest(new X500DistinguishedName(name), own.PublicKey, HashAlgorithmName.SHA256);
        if (dnsName is null)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        }
        else
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        return request.Create(new X500DistinguishedName("CN=Root"), new Signer(RootKey), NotBefore, NotAfter, [serial]);
    }

    /// <summary>Signs certificates with Ed25519, which the class library does not.</summary>
    private sealed class Signer(PrivateKey key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => [.. Ed25519Identifier];

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.Sign(SignatureAlgorithm.Ed25519, data);

        protected override X509PublicKey BuildPublicKey() => X509PublicKey.CreateFromSubjectPublicKeyInfo(key.SubjectPublicKeyInfo(), out _);
    }
}
