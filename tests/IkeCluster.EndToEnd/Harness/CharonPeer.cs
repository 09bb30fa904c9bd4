using System.Globalization;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>
/// A real charon (strongSwan) in a namespace, with kernel-libipsec as its ESP, its run folder and resolv.conf its own,
/// driven by <c>swanctl</c> as its user would.
/// </summary>
internal sealed class CharonPeer : IAsyncDisposable
{
    private const int InitiateTimeoutSeconds = 30;

    // Named one by one: Debian's full set brings dhcp, farp and bypass-lan, which reach beyond the tunnel.
    private const string Plugins =
        "random nonce openssl aes sha1 sha2 hmac kdf xcbc cmac ccm gcm ctr chapoly curve25519 mgf1 drbg pem pkcs1 " +
        "pkcs7 pkcs8 pkcs12 pubkey x509 revocation constraints kernel-libipsec kernel-netlink socket-default " +
        "resolve vici eap-identity eap-md5 eap-mschapv2 eap-tls eap-ttls counters";

    private readonly TemporaryFolder _folder;
    private readonly NetworkNamespace _network;
    private readonly Daemon _daemon;

    private CharonPeer(TemporaryFolder folder, NetworkNamespace network, Daemon daemon)
    {
        _folder = folder;
        _network = network;
        _daemon = daemon;
    }

    public NetworkNamespace Network => _network;

    /// <summary>Everything charon has logged.</summary>
    public string Log => ReadIfThere(_folder["log"]) + _daemon.Error;

    /// <summary>The name servers that charon's resolve plugin was given, in resolv.conf's syntax.</summary>
    public string ResolvConf => ReadIfThere(_folder["resolv.conf"]);

    /// <summary>Starts charon; <paramref name="settings"/> are further lines of strongswan.conf's charon section.</summary>
    public static async Task<CharonPeer> StartAsync(NetworkNamespace network, string settings = "")
    {
        TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["run"]);
        foreach (string kind in (string[])["x509ca", "private"])
        {
            Directory.CreateDirectory(Path.Combine(folder["swanctl"], kind));
        }

        string configuration = folder.Write("strongswan.conf", StrongswanConf(folder, settings));
        // `ip netns exec` has made a mount namespace already, so the bind mount is seen by this charon alone.
        string script = $"mount --bind {folder["run"]} /run && exec {Tools.Find("charon")}";
        Daemon daemon = Daemon.Start(
            network, ["sh", "-c", script], new() { ["STRONGSWAN_CONF"] = configuration });
        CharonPeer peer = new(folder, network, daemon);
        await Wait.UntilAsync("charon's vici socket", () => File.Exists(folder["vici"]), () => peer.Log);
        return peer;
    }

    /// <summary>Gives charon a private key of its own and the authorities that it knows; takes effect with the next load.</summary>
    public void AddCredentials(string keyFile, params string[] authorityFiles)
    {
        File.Copy(keyFile, Path.Combine(_folder["swanctl"], "private", Path.GetFileName(keyFile)), overwrite: true);
        foreach (string file in authorityFiles)
        {
            File.Copy(file, Path.Combine(_folder["swanctl"], "x509ca", Path.GetFileName(file)), overwrite: true);
        }
    }

    /// <summary>Replaces the configuration by this swanctl.conf.</summary>
    public async Task LoadAsync(string swanctlConf)
    {
        // swanctl looks for keys and authorities beside the file that it is given.
        string file = _folder.Write("swanctl/swanctl.conf", swanctlConf);
        CommandResult loaded = await SwanctlAsync("--load-all", "--clear", "--file", file);
        Assert.True(loaded.Succeeded, $"{loaded.Transcript}\n{Log}");
    }

    public Task<CommandResult> InitiateChildAsync(string child, int timeoutSeconds = InitiateTimeoutSeconds) =>
        SwanctlAsync("--initiate", "--child", child, "--timeout", Seconds(timeoutSeconds));

    /// <summary>Initiates a child and fails the test with charon's words when that does not work.</summary>
    public async Task<CharonSa> ConnectAsync(string child)
    {
        CommandResult initiated = await InitiateChildAsync(child);
        Assert.True(initiated.Succeeded, initiated.Transcript);
        IReadOnlyList<CharonSa> sas = await ListSasAsync();
        return sas.Last(sa => sa.Children.Any(candidate => candidate.Name == child && candidate.IsInstalled));
    }

    public Task<CommandResult> TerminateIkeAsync(string ike, int timeoutSeconds = 15) =>
        SwanctlAsync("--terminate", "--ike", ike, "--timeout", Seconds(timeoutSeconds));

    public Task<CommandResult> TerminateChildAsync(string child) =>
        SwanctlAsync("--terminate", "--child", child, "--timeout", "15");

    public Task<CommandResult> RekeyIkeAsync(string ike) => SwanctlAsync("--rekey", "--ike", ike);

    public Task<CommandResult> RekeyChildAsync(string child) => SwanctlAsync("--rekey", "--child", child);

    public async Task<IReadOnlyList<CharonSa>> ListSasAsync() =>
        CharonSa.ReadAll((await SwanctlAsync("--list-sas", "--raw", "--pretty")).OrThrow().Output);

    /// <summary>What a person at the client sees: <c>swanctl --list-sas</c>, as it prints it.</summary>
    public async Task<string> ShowSasAsync() => (await SwanctlAsync("--list-sas")).OrThrow().Output;

    /// <summary>Waits until the client's list of SAs looks as it should.</summary>
    public Task<IReadOnlyList<CharonSa>> WaitForSasAsync(
        string what, Func<IReadOnlyList<CharonSa>, bool> looksRight, TimeSpan? patience = null) =>
        Wait.ForAsync(
            what,
            async () => await ListSasAsync() is var sas && looksRight(sas) ? sas : null,
            () => Log,
            patience);

    public Task WaitForLogAsync(string words, TimeSpan? patience = null) =>
        Wait.UntilAsync(
            $"'{words}' in charon's log", () => Log.Contains(words, StringComparison.Ordinal), () => Log, patience);

    public int CountInLog(string words) => Log.Split(words).Length - 1;

    public Task<CommandResult> SwanctlAsync(params string[] arguments) =>
        Command.RunAsync("swanctl", [.. arguments, "--uri", $"unix://{_folder["vici"]}"]);

    /// <summary>Ends charon without a word to its peers.</summary>
    public Task Kill9Async() => _daemon.Kill9Async();

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _folder.Dispose();
    }

    private static string Seconds(int seconds) => seconds.ToString(CultureInfo.InvariantCulture);

    private static string ReadIfThere(string file) => File.Exists(file) ? File.ReadAllText(file) : "";

    // kernel-libipsec cannot exempt IKE's own packets from a tunnel that takes everything, so they carry a mark.
    private static string StrongswanConf(TemporaryFolder folder, string settings) => $$"""
        charon {
          load = {{Plugins}}
          plugins {
            vici {
              socket = unix://{{folder["vici"]}}
            }
            resolve {
              file = {{folder["resolv.conf"]}}
              resolvconf {
                path = {{folder["no-resolvconf"]}}
              }
            }
            kernel-libipsec {
              allow_peer_ts = yes
            }
            kernel-netlink {
              fwmark = !0x42
            }
            socket-default {
              fwmark = 0x42
            }
          }
          filelog {
            log {
              path = {{folder["log"]}}
              flush_line = yes
              default = 1
              cfg = 2
              ike = 2
            }
          }
          {{settings}}
        }
        """;
}
