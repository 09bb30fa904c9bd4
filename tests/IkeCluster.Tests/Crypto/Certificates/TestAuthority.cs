using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Protocol.Values;
using X509PublicKey = System.Security.Cryptography.X509Certificates.PublicKey;

namespace IkeCluster.Tests.Crypto.Certificates;

/// <summary>What a certificate of a test says; everything that is not named is as it should be.</summary>
internal sealed record CertificatePlan(string Name)
{
    public bool? IsAuthority { get; init; }

    public int? PathLength { get; init; }

    public X509KeyUsageFlags? KeyUsage { get; init; }

    public string[] Purposes { get; init; } = [];

    public string[] DnsNames { get; init; } = [];

    public X509Extension[] Extensions { get; init; } = [];

    public DateTimeOffset NotBefore { get; init; } = TestAuthority.Midday.AddDays(-1);

    public DateTimeOffset NotAfter { get; init; } = TestAuthority.Midday.AddDays(1);

    public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA256;

    public PrivateKey? Key { get; init; }
}

/// <summary>A certificate with its key, which can issue others: what a small company's CA would be.</summary>
internal sealed class TestAuthority
{
    private static int _serial = 1;
    private readonly string _name;
    private readonly X509SignatureGenerator _signer;

    private TestAuthority(string name, X509Certificate2 certificate, X509SignatureGenerator signer) =>
        (_name, Certificate, _signer) = (name, certificate, signer);

    public static DateTimeOffset Midday { get; } = new(2026, 6, 15, 12, 0, 0, TimeSpan.Zero);

    public static Instant Now { get; } = Instant.FromUtc(Midday.UtcDateTime);

    public X509Certificate2 Certificate { get; }

    public TrustAnchors Anchors => TrustAnchors.From([Certificate]);

    public static CertificatePlan Authority(string name) => new(name)
    {
        IsAuthority = true,
        KeyUsage = X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign,
        NotBefore = Midday.AddYears(-1),
        NotAfter = Midday.AddYears(1),
    };

    public static TestAuthority Root(string name = "CN=Root") => Root(Authority(name));

    public static TestAuthority Root(CertificatePlan plan) => Make(plan, issuer: null);

    public TestAuthority Issue(CertificatePlan plan) => Make(plan, issuer: this);

    public X509Certificate2 Leaf(CertificatePlan plan) => Issue(plan).Certificate;

    /// <summary>With the subject of this authority and another key: what a forger would make.</summary>
    public TestAuthority Impostor() => Root(Authority(_name));

    private static TestAuthority Make(CertificatePlan plan, TestAuthority? issuer)
    {
        X509SignatureGenerator own = Generator(plan.Key);
        X500DistinguishedName name = new(plan.Name, X500DistinguishedNameFlags.None);
        CertificateRequest request = new(name, own.PublicKey, plan.Hash);
        AddExtensions(request, plan);
        int serial = Interlocked.Increment(ref _serial);
        X509Certificate2 certificate = request.Create(
            issuer?.Certificate.SubjectName ?? request.SubjectName,
            issuer?._signer ?? own,
            plan.NotBefore,
            plan.NotAfter,
            BitConverter.GetBytes(serial));
        return new TestAuthority(plan.Name, certificate, own);
    }

    private static X509SignatureGenerator Generator(PrivateKey? key) => key is null
        ? X509SignatureGenerator.CreateForECDsa(ECDsa.Create(ECCurve.NamedCurves.nistP256))
        : new KeyGenerator(key);

    private static void AddExtensions(CertificateRequest request, CertificatePlan plan)
    {
        if (plan.IsAuthority is { } isAuthority)
        {
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
                isAuthority, plan.PathLength is not null, plan.PathLength ?? 0, critical: true));
        }

        if (plan.KeyUsage is { } usage)
        {
            request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, critical: true));
        }

        if (plan.Purposes.Length > 0)
        {
            OidCollection purposes = [];
            Array.ForEach(plan.Purposes, purpose => purposes.Add(new Oid(purpose)));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(purposes, critical: false));
        }

        if (plan.DnsNames.Length > 0)
        {
            SubjectAlternativeNameBuilder names = new();
            Array.ForEach(plan.DnsNames, names.AddDnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        Array.ForEach(plan.Extensions, request.CertificateExtensions.Add);
    }

    /// <summary>Signs certificates with a key of ours, EdDSA too, which the BCL cannot.</summary>
    private sealed class KeyGenerator(PrivateKey key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) =>
            AlgorithmIdentifier.Write(Algorithm(hashAlgorithm));

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) =>
            key.Sign(Algorithm(hashAlgorithm), data);

        protected override X509PublicKey BuildPublicKey() =>
            X509PublicKey.CreateFromSubjectPublicKeyInfo(key.SubjectPublicKeyInfo(), out _);

        private SignatureAlgorithm Algorithm(HashAlgorithmName hash) => key.Kind switch
        {
            KeyKind.Ed25519 => SignatureAlgorithm.Ed25519,
            KeyKind.Ed448 => SignatureAlgorithm.Ed448,
            KeyKind.Rsa => Enum.Parse<SignatureAlgorithm>("RsaPkcs1" + hash.Name, ignoreCase: true),
            _ => SignatureAlgorithm.EcdsaSha256,
        };
    }
}
