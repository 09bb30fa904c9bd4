using System.Text.Json;
using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Interop;

/// <summary>charon logs in by EAP-MSCHAPv2 to our node, which proves itself by certificate (RFC 7296 §2.16).</summary>
public sealed class EapLoginTests : IAsyncLifetime
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

    [Fact]
    public async Task A_right_password_brings_the_tunnel_up()
    {
        await using Site site = await OpenAsync(User());

        CharonSa sa = await site.ConnectAsync();

        Assert.True(sa.IsEstablished);
        Assert.Equal(2, sa.VirtualAddresses.Count);
        Assert.Contains("EAP method EAP_MSCHAPV2 succeeded, MSK established", site.Client.Log, StringComparison.Ordinal);
        Assert.Equal("alice@example.org", (await site.SingleSaAsync()).GetProperty("eap_id").GetString());
        Assert.Equal(1, await site.Node.SumMetricAsync("ike_auth_total", "method=\"eap-mschapv2\",result=\"ok\""));
    }

    [Fact]
    public async Task A_wrong_password_is_refused_and_says_no_more_than_that()
    {
        await using Site site = await OpenAsync(User("wrong horse"));

        // charon does not acknowledge it: it leaves by INFORMATIONAL.
        await RefusedLoginTests.AssertRefusedAsync(
            site, clientSays: "EAP-MS-CHAPv2 failed with error ERROR_AUTHENTICATION_FAILURE", ["the password is wrong"]);
    }

    [Fact]
    public async Task A_client_that_sends_its_address_is_asked_for_its_name()
    {
        await using Site site = await OpenAsync(User(local: $"id = {Lab.ClientAddress}\n eap_id = alice@example.org"), eapId: "\"%any\"");

        CharonSa sa = await site.ConnectAsync();

        Assert.True(sa.IsEstablished);
        Assert.Contains("server requested EAP_IDENTITY", site.Client.Log, StringComparison.Ordinal);
        JsonElement ours = await site.SingleSaAsync();
        Assert.Equal(
            (Lab.ClientAddress, "alice@example.org"), (ours.GetProperty("remote_id").GetString(), ours.GetProperty("eap_id").GetString()));
    }

    [Fact]
    public async Task A_certificate_and_then_a_password_make_one_login()
    {
        Credential root = await _pki.RootAsync("ecdsa-256");
        Credential machine = await _pki.LeafAsync(root, "ecdsa-256", "laptop.example.org");
        string locals = $$"""
            local-1 {
              auth = pubkey
              id = laptop.example.org
              certs = {{machine.CertificateFile}}
            }
            local-2 {
              auth = eap
              id = alice@example.org
            }
            """;
        await using Site site = await OpenAsync(
            User(locals: locals),
            remote: $$"""
                { auth: pubkey, id: "*.example.org", cacerts: [{{root.CertificateFile}}] }
                    remote-2: { auth: eap-mschapv2, id: "*@example.org" }
                """,
            root: root, prepare: charon => charon.AddCredentials(machine.KeyFile));

        CharonSa sa = await site.ConnectAsync();

        Assert.True(sa.IsEstablished);
        Assert.Equal("alice@example.org", (await site.SingleSaAsync()).GetProperty("eap_id").GetString());
        Assert.Equal(1, await site.Node.SumMetricAsync("ike_auth_total", "method=\"ECDSA_WITH_SHA256_DER+eap-mschapv2\",result=\"ok\""));
    }

    [Fact]
    public async Task Ikeload_dials_by_user_name_and_password()
    {
        Credential root = await _pki.RootAsync("ecdsa-256");
        await using Site site = await OpenAsync(User(), root: root);
        await using Daemon dial = Daemon.Start(
            site.Lab.Client,
            [Repository.Load, "dial", Lab.ServerAddress, "--identity", "alice@example.org", "--eap-user", "alice@example.org",
                "--eap-password", ClientConf.Secret, "--ca", root.CertificateFile, "--virtual-ip"]);
        await Wait.UntilAsync(
            "the child", () => dial.Output.Contains("child: ", StringComparison.Ordinal), () => dial.Output + dial.Error + site.Node.Evidence);
        await dial.SignalAsync("INT");
        Assert.Equal(0, await dial.WaitForExitAsync(TimeSpan.FromSeconds(10)));
    }

    /// <summary>charon's swanctl.conf; the root's file name is filled in when the site opens.</summary>
    private static Func<Credential, string> User(
        string password = ClientConf.Secret, string local = "id = alice@example.org", string? locals = null) => root => $$"""
        connections {
          vpn {
            version = 2
            remote_addrs = {{Lab.ServerAddress}}
            proposals = {{ClientConf.DefaultProposal}}
            vips = 0.0.0.0, ::
            {{locals ?? $"local {{\n auth = eap-mschapv2\n {local}\n }}"}}
            remote {
              auth = pubkey
              id = vpn.example.org
              cacerts = {{root.CertificateFile}}
            }
            children {
              net {
                esp_proposals = aes256gcm16
                remote_ts = 0.0.0.0/0, ::/0
              }
            }
          }
        }
        secrets {
          eap-alice {
            id = alice@example.org
            secret = "{{password}}"
          }
        }
        """;

    private async Task<Site> OpenAsync(
        Func<Credential, string> client, string? eapId = null, string? remote = null, Credential? root = null, Action<CharonPeer>? prepare = null)
    {
        root ??= await _pki.RootAsync("ecdsa-256");
        Credential server = await _pki.LeafAsync(root, "ecdsa-256", "vpn.example.org");
        NodeConf node = new()
        {
            Local = $$"""{ auth: pubkey, id: vpn.example.org, certs: [{{server.CertificateFile}}] }""",
            Remote = remote ?? (eapId is null ? "{ auth: eap-mschapv2, id: \"*@example.org\" }" : $$"""{ auth: eap-mschapv2, eap_id: {{eapId}} }"""),
            Secrets = $$"""
                secrets:
                  private-server: { file: {{server.KeyFile}} }
                  eap-alice: { id: alice@example.org, secret: "{{ClientConf.Secret}}" }
                """,
        };
        return await Site.OpenAsync(node, client(root), prepare: charon =>
        {
            charon.AddCredentials(server.KeyFile, root.CertificateFile);
            prepare?.Invoke(charon);
        });
    }
}
