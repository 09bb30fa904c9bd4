using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.Engine.Policy;

namespace IkeCluster.Tests.Node.Configuration;

public sealed class CredentialTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ikecluster-").FullName;
    private readonly ECDsa _authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;

    public CredentialTests()
    {
        var request = new CertificateRequest("C=CH, O=Example, CN=Example CA", _authorityKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(30));
        Write("ca.crt", _authority.ExportCertificatePem());
    }

    [Fact]
    public void A_certificate_finds_its_private_key_among_the_secrets()
    {
        Issue("gw", "vpn.example.org");
        Issue("other", "other.example.org");

        PolicySet policy = Config.Good(Text("certs: [gw.crt], id: vpn.example.org", $"private-a: {{ file: {At("other.key")} }}, private-b: {{ file: {At("gw.key")} }}")).Policy;

        LocalAuthPolicy local = policy.Connections[0].Local;
        Assert.Equal(AuthClass.PublicKey, local.Auth.Class);
        Assert.True(local.Key!.Matches(local.Certs[0]));
        Assert.Empty(policy.Anchors.Certificates);
        Assert.Equal(_authority.Thumbprint, Assert.Single(policy.Announced.Certificates).Thumbprint);
        Assert.Equal(_authority.Thumbprint, Assert.Single(policy.Connections[0].Remote.Anchors!.Certificates).Thumbprint);
    }

    [Fact]
    public void An_encrypted_private_key_opens_with_its_passphrase()
    {
        using ECDsa key = Issue("gw", "vpn.example.org");
        Write("gw.key", key.ExportEncryptedPkcs8PrivateKeyPem("sesame", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));

        Assert.NotNull(Config.Good(Text("certs: [gw.crt]", $"private-gw: {{ file: {At("gw.key")}, secret: sesame }}")).Policy.Connections[0].Local.Key);
        Assert.Contains("gw.key holds no private key that can be used: ", FaultOf("certs: [gw.crt]", $"private-gw: {{ file: {At("gw.key")}, secret: wrong }}"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_without_its_key_is_refused()
    {
        Issue("gw", "vpn.example.org");
        Assert.EndsWith("no private key among secrets belongs to CN=gw, add one: private-NAME: { file: FILE }", FaultOf("certs: [gw.crt]", ""), StringComparison.Ordinal);
    }

    [Fact]
    public void An_identity_that_is_not_in_the_certificate_is_refused()
    {
        Issue("gw", "vpn.example.org");
        Assert.EndsWith(
            "local.id: is neither the subject nor a subjectAltName of our certificate, so peers would refuse it",
            FaultOf("certs: [gw.crt], id: gw.example.org", $"private-gw: {{ file: {At("gw.key")} }}"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_that_has_expired_is_told_but_not_refused()
    {
        Issue("gw", "vpn.example.org", DateTimeOffset.UtcNow.AddDays(-1));
        Assert.Contains(
            Config.WarningsOf(Text("certs: [gw.crt]", $"private-gw: {{ file: {At("gw.key")} }}")),
            warning => warning.EndsWith("our certificate CN=gw has expired, peers will refuse it", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_without_a_certificate_is_refused()
    {
        Write("gw.crt", "nothing here");
        Assert.EndsWith("gw.crt holds no certificate, name a file in PEM or DER", FaultOf("certs: [gw.crt]", ""), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_authority_may_not_vouch_for_peers()
    {
        Issue("gw", "vpn.example.org");
        string text = $"authorities: {{ a: {{ cacert: {At("gw.crt")} }} }}";
        Assert.EndsWith(" is not the certificate of an authority (CA:TRUE is missing)", Assert.Single(Config.FaultsOf(text)), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _authorityKey.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string FaultOf(string local, string secrets) => Assert.Single(Config.FaultsOf(Text(local, secrets)));

    private string Text(string local, string secrets) => $$"""
        connections:
          rw:
            local: { {{local.Replace("[", $"[{_folder}/", StringComparison.Ordinal)}} }
            remote: { cacerts: [{{At("ca.crt")}}] }
        secrets: { {{secrets}} }
        """;

    private ECDsa Issue(string name, string dnsName, DateTimeOffset? until = null)
    {
        ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(dnsName);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 issued = request.Create(
            _authority, DateTimeOffset.UtcNow.AddDays(-20), until ?? DateTimeOffset.UtcNow.AddDays(20), RandomNumberGenerator.GetBytes(8));
        Write($"{name}.crt", issued.ExportCertificatePem());
        Write($"{name}.key", key.ExportPkcs8PrivateKeyPem());
        return key;
    }

    private void Write(string name, string text) => File.WriteAllText(At(name), text);

    private string At(string name) => Path.Combine(_folder, name);
}
