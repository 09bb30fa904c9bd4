namespace IkeCluster.EndToEnd.Harness;

/// <summary>A certificate and its private key, each in a PEM file.</summary>
internal sealed record Credential(string CertificateFile, string KeyFile);

/// <summary>A small public-key infrastructure, made with strongSwan's own <c>pki</c>.</summary>
internal sealed class Pki : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _made;

    /// <summary>A root; <paramref name="key"/> is such as ecdsa-256, rsa-4096 or ed25519.</summary>
    public async Task<Credential> RootAsync(string key, string name = "Root")
    {
        string keyFile = await KeyAsync(key);
        return await StoreAsync(
            keyFile, "--self", "--ca", "--type", "priv", "--in", keyFile, "--dn", $"C=CH, O=Test, CN={name}");
    }

    /// <summary>An authority between a root and the leaves.</summary>
    public async Task<Credential> IntermediateAsync(Credential issuer, string key)
    {
        string keyFile = await KeyAsync(key);
        return await IssueAsync(issuer, keyFile, "--ca", "--dn", "C=CH, O=Test, CN=Intermediate");
    }

    /// <summary>A leaf with one subjectAltName; <paramref name="more"/> are further words for <c>pki --issue</c>.</summary>
    public async Task<Credential> LeafAsync(Credential issuer, string key, string name, params string[] more)
    {
        string keyFile = await KeyAsync(key);
        return await IssueAsync(
            issuer, keyFile, ["--dn", $"C=CH, O=Test, CN={name}", "--san", name, "--flag", "serverAuth", .. more]);
    }

    /// <summary>A leaf whose time is over.</summary>
    public Task<Credential> ExpiredLeafAsync(Credential issuer, string key, string name) =>
        LeafAsync(
            issuer, key, name, "--dateform", "%d.%m.%Y", "--not-before", "01.01.2020", "--not-after", "01.02.2020");

    public void Dispose() => _folder.Dispose();

    private async Task<string> KeyAsync(string key)
    {
        string[] words = key.Split('-');
        string[] size = words.Length > 1 ? ["--size", words[1]] : [];
        string pem = await PkiAsync(["--gen", "--type", words[0], .. size]);
        return _folder.Write($"key{_made++}.pem", pem);
    }

    private Task<Credential> IssueAsync(Credential issuer, string keyFile, params string[] arguments) =>
        StoreAsync(
            keyFile,
            ["--issue", "--cacert", issuer.CertificateFile, "--cakey", issuer.KeyFile, "--type", "priv", "--in", keyFile,
                .. arguments]);

    private async Task<Credential> StoreAsync(string keyFile, params string[] arguments) =>
        new(_folder.Write($"cert{_made++}.pem", await PkiAsync(arguments)), keyFile);

    private static async Task<string> PkiAsync(params string[] arguments) =>
        (await Command.RunAsync("pki", [.. arguments, "--outform", "pem"])).OrThrow().Output;
}
