namespace IkeCluster.EndToEnd.Harness;

/// <summary>Proves the harness itself: what fails here is the machine or the harness, not our node.</summary>
public sealed class CharonAgainstCharonTests
{
    private const string ServerConf = """
        connections {
          gateway {
            pools = pool4, pool6
            local {
              auth = psk
              id = vpn.example.org
            }
            remote {
              auth = psk
            }
            children {
              net {
                local_ts = 10.99.0.0/24, fd00:99::/64
              }
            }
          }
        }
        pools {
          pool4 {
            addrs = 10.64.0.0/24
            dns = 10.64.0.1
          }
          pool6 {
            addrs = fd00:64::/120
            dns = fd00:64::53
          }
        }
        secrets {
          ike {
            secret = "correct horse battery staple"
          }
        }
        """;

    [Fact]
    public async Task Two_charons_make_a_tunnel_that_carries_a_ping()
    {
        Peers.NeedCharon();
        await using Lab lab = await LabWithInnerNetworkAsync();
        await using CharonPeer server = await CharonPeer.StartAsync(lab.Server);
        await using CharonPeer client = await CharonPeer.StartAsync(lab.Client);
        await server.LoadAsync(ServerConf);
        await client.LoadAsync(ClientConf.Psk(childOptions: "remote_ts = 10.99.0.0/24, fd00:99::/64"));

        CharonSa sa = await client.ConnectAsync("net");

        Assert.True(sa.IsEstablished);
        Assert.Equal("vpn.example.org", sa.RemoteId);
        Assert.Equal(["10.64.0.1", "fd00:64::1"], sa.VirtualAddresses);
        Assert.Equal("AES_GCM_16-256/PRF_HMAC_SHA2_384/CURVE_25519", sa.Suite);
        Assert.Contains("nameserver 10.64.0.1", client.ResolvConf, StringComparison.Ordinal);
        Assert.Contains("nameserver fd00:64::53", client.ResolvConf, StringComparison.Ordinal);

        (await lab.Client.RunAsync("ping", "-c", "2", "-i", "0.2", "-w", "10", "10.99.0.1")).OrThrow();
        (await lab.Client.RunAsync("ping", "-c", "2", "-i", "0.2", "-w", "10", "fd00:99::1")).OrThrow();
        CharonChildSa child = (await client.ListSasAsync()).Single().Children.Single();
        Assert.True(child.IsInstalled);
        Assert.Equal("AES_GCM_16-256", child.Suite);
        Assert.InRange(child.PacketsIn, 4, long.MaxValue);
    }

    [Fact]
    public async Task Rekeys_and_deletes_show_in_the_lists_of_both_sides()
    {
        Peers.NeedCharon();
        await using Lab lab = await LabWithInnerNetworkAsync();
        await using CharonPeer server = await CharonPeer.StartAsync(lab.Server);
        await using CharonPeer client = await CharonPeer.StartAsync(lab.Client);
        await server.LoadAsync(ServerConf);
        await client.LoadAsync(ClientConf.Psk());
        CharonSa first = await client.ConnectAsync("net");

        (await client.RekeyChildAsync("net")).OrThrow();
        await client.WaitForSasAsync("a rekeyed child", sas => HasNewChild(sas.Single(), first));
        (await client.RekeyIkeAsync("vpn")).OrThrow();
        await client.WaitForSasAsync(
            "a rekeyed IKE SA", sas => sas is [var sa] && sa.ResponderSpi != first.ResponderSpi);
        (await client.TerminateIkeAsync("vpn")).OrThrow();

        Assert.Empty(await client.ListSasAsync());
        await server.WaitForSasAsync("no SA at the server", sas => sas.Count == 0);
    }

    [Fact]
    public async Task A_wrong_secret_is_told_apart_from_success()
    {
        Peers.NeedCharon();
        await using Lab lab = await Lab.CreateAsync();
        await using CharonPeer server = await CharonPeer.StartAsync(lab.Server);
        await using CharonPeer client = await CharonPeer.StartAsync(lab.Client);
        await server.LoadAsync(ServerConf);
        await client.LoadAsync(ClientConf.Psk(secret: "wrong"));

        CommandResult initiated = await client.InitiateChildAsync("net");

        Assert.False(initiated.Succeeded);
        Assert.Contains("AUTHENTICATION_FAILED", client.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ecdsa-256")]
    [InlineData("rsa-2048")]
    [InlineData("ed25519")]
    public async Task Certificates_below_an_intermediate_authority_are_sent_and_believed(string key)
    {
        Peers.NeedCharon();
        Peers.NeedPrograms("pki");
        using Pki pki = new();
        Credential root = await pki.RootAsync(key);
        Credential issuer = await pki.IntermediateAsync(root, key);
        Credential gateway = await pki.LeafAsync(issuer, key, "vpn.example.org");
        Credential alice = await pki.LeafAsync(issuer, key, "alice@example.org");
        await using Lab lab = await LabWithInnerNetworkAsync();
        await using CharonPeer server = await CharonPeer.StartAsync(lab.Server);
        await using CharonPeer client = await CharonPeer.StartAsync(lab.Client);
        server.AddCredentials(gateway.KeyFile, root.CertificateFile);
        client.AddCredentials(alice.KeyFile, root.CertificateFile);
        await server.LoadAsync(ServerConf.Replace(
            "auth = psk\n      id = vpn.example.org",
            $"auth = pubkey\n      id = vpn.example.org\n      certs = {gateway.CertificateFile}, {issuer.CertificateFile}",
            StringComparison.Ordinal).Replace("auth = psk", "auth = pubkey", StringComparison.Ordinal));
        await client.LoadAsync(ClientConf.Certificate(root, alice, issuer));

        CharonSa sa = await client.ConnectAsync("net");

        Assert.True(sa.IsEstablished);
        Assert.Contains("sending issuer cert", server.Log, StringComparison.Ordinal);
        Assert.Contains("received issuer cert", client.Log, StringComparison.Ordinal);
    }

    // kernel-libipsec's gateway wants an address of its own inside what it protects.
    private static async Task<Lab> LabWithInnerNetworkAsync()
    {
        Lab lab = await Lab.CreateAsync();
        await lab.Server.AddAddressesAsync("lo", "10.99.0.1/32", "fd00:99::1/128");
        return lab;
    }

    private static bool HasNewChild(CharonSa now, CharonSa before) =>
        now.Children.Any(child => child.IsInstalled && child.SpiIn != before.Children[0].SpiIn);
}
