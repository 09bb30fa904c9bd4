using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using IkeCluster.Crypto.Certificates;
using IkeCluster.Crypto.Signatures;
using IkeCluster.EndToEnd.Harness;
using IkeCluster.TestKit.Initiator;

namespace IkeCluster.EndToEnd.Dialer;

/// <summary>A charon as responder, and what an initiator needs to prove itself to it.</summary>
internal sealed class CharonWorld : IAsyncDisposable
{
    private const string Gateway = "vpn.example.org";
    private readonly TemporaryFolder _folder = new();
    private readonly Pki _pki = new();

    private CharonWorld(Lab lab) => Lab = lab;

    public Lab Lab { get; }

    public CharonPeer Server { get; private set; } = null!;

    public Credential? Root { get; private set; }

    public Credential? Client { get; private set; }

    /// <summary>All octets of charon's key log, as one row of hexadecimal digits.</summary>
    public string ChildKeys => HexDump.Octets(File.ReadAllText(_folder["keys"]));

    public TrustAnchors Anchors => TrustAnchors.From(Load(Root!));

    public InitiatorProof ClientProof
    {
        get
        {
            Assert.True(PrivateKey.TryLoadPem(File.ReadAllText(Client!.KeyFile), null, out PrivateKey key, out string fault), fault);
            return new InitiatorProof.Certificate(Load(Client), key);
        }
    }

    /// <summary>Starts it; what is not named is as a client of ClientConf expects it.</summary>
    /// <param name="proposals">Of IKE.</param>
    /// <param name="esp">Of ESP.</param>
    /// <param name="connection">Further lines of the connection.</param>
    /// <param name="settings">Further lines of charon's own section.</param>
    /// <param name="key">Kind of certificates, such as ecdsa-256; null: a pre-shared key.</param>
    public static async Task<CharonWorld> StartAsync(
        string proposals = ClientConf.DefaultProposal,
        string esp = "aes256gcm16-x25519,aes256gcm16",
        string connection = "",
        string settings = "",
        string? key = null)
    {
        Peers.NeedCharon();
        var world = new CharonWorld(await Lab.CreateAsync());
        string keyLog = $"filelog {{ keys {{ path = {world._folder["keys"]}\n flush_line = yes\n default = 0\n chd = 4 }} }}";
        world.Server = await CharonPeer.StartAsync(world.Lab.Server, $"{settings}\n{keyLog}");
        string auth = key is null ? "auth = psk" : await world.MakeCertificatesAsync(key);
        await world.Server.LoadAsync(Conf(proposals, esp, connection, auth, key is null ? auth : $"auth = pubkey\n cacerts = {world.Root!.CertificateFile}"));
        return world;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Lab.DisposeAsync();
        _folder.Dispose();
        _pki.Dispose();
    }

    private static ImmutableArray<X509Certificate2> Load(Credential credential)
    {
        string pem = File.ReadAllText(credential.CertificateFile);
        Assert.True(CertificateFile.TryLoadPem(pem, out ImmutableArray<X509Certificate2> certificates, out string fault), fault);
        return certificates;
    }

    private async Task<string> MakeCertificatesAsync(string key)
    {
        Peers.NeedPrograms("pki");
        Root = await _pki.RootAsync(key);
        Client = await _pki.LeafAsync(Root, key, "alice.example.org");
        Credential gateway = await _pki.LeafAsync(Root, key, Gateway);
        Server.AddCredentials(gateway.KeyFile, Root.CertificateFile);
        return $"auth = pubkey\n certs = {gateway.CertificateFile}";
    }

    private static string Conf(string proposals, string esp, string connection, string local, string remote) => $$"""
        connections {
          gateway {
            pools = pool4, pool6
            proposals = {{proposals}}
            {{connection}}
            local {
              {{local}}
              id = {{Gateway}}
            }
            remote {
              {{remote}}
            }
            children {
              net {
                esp_proposals = {{esp}}
                local_ts = 0.0.0.0/0, ::/0
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
            secret = "{{ClientConf.Secret}}"
          }
        }
        """;
}
