using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>charon and our node prove themselves with certificates, both below an intermediate authority.</summary>
public sealed class CertificateLoginTests : IAsyncLifetime
{
    private readonly Pki _pki = new();

    public ValueTask InitializeAsync()
    {
        Peers.NeedCharon();
        Peers.NeedPrograms("pki");
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _pki.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("ecdsa-256")]
    [InlineData("ecdsa-384")]
    [InlineData("ecdsa-521")]
    [InlineData("rsa-2048")]
    [InlineData("rsa-3072")]
    [InlineData("ed25519")]
    [InlineData("ed448")]
    public async Task Both_sides_prove_themselves_below_an_intermediate_authority(string key)
    {
        Credential root = await _pki.RootAsync(key);
        Credential intermediate = await _pki.IntermediateAsync(root, key);
        await using Site site = await OpenAsync(root, intermediate, key);

        CharonSa sa = await site.ConnectAsync();

        Assert.True(sa.IsEstablished);
        Assert.Equal("vpn.example.org", sa.RemoteId);
        Assert.Contains("received issuer cert", site.Client.Log, StringComparison.Ordinal);
        Assert.Equal(2, sa.VirtualAddresses.Count);
        Assert.Equal("alice@example.org", (await site.SingleSaAsync()).GetProperty("remote_id").GetString());
    }

    [Fact]
    public async Task A_chain_of_RSA_4096_travels_in_fragments_both_ways()
    {
        Credential root = await _pki.RootAsync("rsa-4096");
        Credential intermediate = await _pki.IntermediateAsync(root, "rsa-4096");
        await using Site site = await OpenAsync(root, intermediate, "rsa-4096");

        CharonSa sa = await site.ConnectAsync();

        Assert.True(sa.IsEstablished);
        Assert.Contains("splitting IKE message", site.Client.Log, StringComparison.Ordinal);
        Assert.Contains("received fragment #2 of", site.Client.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RSA_with_PSS_padding_works_as_the_client_asks()
    {
        Credential root = await _pki.RootAsync("rsa-2048");
        await using Site site = await OpenAsync(
            root, root, "rsa-2048", charonSettings: "rsa_pss = yes");

        await site.ConnectAsync();

        Assert.Contains("RSA_EMSA_PSS", site.Client.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RSA_by_the_old_method_1_is_SHA_1_and_refused()
    {
        Credential root = await _pki.RootAsync("rsa-2048");
        await using Site site = await OpenAsync(
            root, root, "rsa-2048", charonSettings: "signature_authentication = no");

        // Without RFC 7427 charon signs with SHA-1, which RFC 8247 §3.1 discourages.
        await RefusedLoginTests.AssertRefusedAsync(site, "sha1");
    }

    [Fact]
    public async Task RSA_by_the_old_method_1_works_where_the_connection_names_SHA_1()
    {
        Credential root = await _pki.RootAsync("rsa-2048");
        await using Site site = await OpenAsync(
            root, root, "rsa-2048", charonSettings: "signature_authentication = no", auth: "pubkey-sha1-sha256");

        CharonSa sa = await site.ConnectAsync();

        Assert.True(sa.IsEstablished);
        Assert.Contains("with RSA signature successful", site.Client.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_old_ECDSA_method_9_works()
    {
        Credential root = await _pki.RootAsync("ecdsa-256");
        await using Site site = await OpenAsync(
            root, root, "ecdsa-256", charonSettings: "signature_authentication = no");

        CharonSa sa = await site.ConnectAsync();

        Assert.True(sa.IsEstablished);
        Assert.Contains("ECDSA-256 signature", site.Client.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        Credential root = await _pki.RootAsync("ecdsa-256");
        Credential stranger = await _pki.RootAsync("ecdsa-256", "Stranger");
        Credential client = await _pki.LeafAsync(stranger, "ecdsa-256", "alice@example.org");
        await using Site site = await OpenAsync(root, root, "ecdsa-256", client: client);

        await RefusedLoginTests.AssertRefusedAsync(site, "is not known here");
    }

    [Fact]
    public async Task An_expired_certificate_is_refused()
    {
        Credential root = await _pki.RootAsync("ecdsa-256");
        Credential client = await _pki.ExpiredLeafAsync(root, "ecdsa-256", "alice@example.org");
        // charon would not even try with a certificate that it knows to be over.
        await using Site site = await OpenAsync(root, root, "ecdsa-256", client: client);

        await RefusedLoginTests.AssertRefusedAsync(site, "expired");
    }

    [Fact]
    public async Task A_certificate_that_does_not_hold_the_identity_is_refused()
    {
        Credential root = await _pki.RootAsync("ecdsa-256");
        Credential client = await _pki.LeafAsync(root, "ecdsa-256", "bob@example.org");
        await using Site site = await OpenAsync(root, root, "ecdsa-256", client: client);

        await RefusedLoginTests.AssertRefusedAsync(site);
    }

    /// <summary>Node and client with a leaf each from <paramref name="issuer"/>; each trusts the root only.</summary>
    private async Task<Site> OpenAsync(
        Credential root,
        Credential issuer,
        string key,
        string charonSettings = "",
        string auth = "pubkey",
        Credential? client = null)
    {
        Credential server = await _pki.LeafAsync(issuer, key, "vpn.example.org");
        client ??= await _pki.LeafAsync(issuer, key, "alice@example.org");
        Credential[] intermediates = issuer == root ? [] : [issuer];
        string serverChain = string.Join(", ", intermediates.Prepend(server).Select(one => one.CertificateFile));
        NodeConf node = new()
        {
            Local = $$"""{ auth: {{auth}}, id: vpn.example.org, certs: [{{serverChain}}] }""",
            Remote = $$"""{ auth: {{auth}}, id: "*@example.org", cacerts: [{{root.CertificateFile}}] }""",
            Secrets = $$"""
                secrets:
                  private-server: { file: {{server.KeyFile}} }
                """,
        };
        return await Site.OpenAsync(
            node, ClientConf.Certificate(root, client, intermediates), charonSettings,
            charon => charon.AddCredentials(client.KeyFile, root.CertificateFile));
    }
}
