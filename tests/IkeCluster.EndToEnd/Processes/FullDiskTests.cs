using IkeCluster.EndToEnd.Harness;

namespace IkeCluster.EndToEnd.Processes;

/// <summary>A store that cannot commit: no reply is sent, liveness goes on, and the repeat succeeds once it can.</summary>
public sealed class FullDiskTests
{
    private const string Impatient = "retransmit_timeout = 1\n  retransmit_base = 1.0\n  retransmit_tries = 60";

    [Fact]
    public async Task A_login_waits_for_room_while_an_established_client_is_still_answered()
    {
        Peers.NeedCharon();
        Peers.NeedPrograms("mount", "umount");
        await using Lab lab = await Lab.CreateAsync();
        await using IkeNode node = IkeNode.Prepare(lab.Server, NodeForTwo());
        await using SmallDisk disk = await SmallDisk.MountAsync(node.DataFolder);
        await node.StartAsync();
        await using CharonPeer alice = await CharonPeer.StartAsync(lab.Client, Impatient);
        // With MOBIKE she would tell of another address of hers, which must be written and waits like the login.
        await alice.LoadAsync(ClientConf.Psk(connectionOptions: "vips = 0.0.0.0, ::\n    dpd_delay = 1s\n    mobike = no"));
        await alice.ConnectAsync("net");
        await using NetworkNamespace elsewhere = await NetworkNamespace.CreateAsync();
        (string here, string there) = await elsewhere.ConnectAsync(lab.Server);
        await elsewhere.AddAddressesAsync(here, "198.51.100.2/24");
        await lab.Server.AddAddressesAsync(there, "198.51.100.1/24");
        await using CharonPeer bob = await CharonPeer.StartAsync(elsewhere, Impatient);
        await bob.LoadAsync(ClientConf.Psk(id: "bob@example.org", server: "198.51.100.1"));

        disk.Fill();
        Task<CommandResult> login = bob.InitiateChildAsync("net", timeoutSeconds: 60);
        await bob.WaitForLogAsync("retransmit 2 of request with message ID 1");
        int answered = alice.CountInLog("parsed INFORMATIONAL response");
        await Wait.UntilAsync(
            "liveness answered while nothing can be written",
            () => alice.CountInLog("parsed INFORMATIONAL response") > answered,
            () => alice.Log + node.Evidence);
        Assert.DoesNotContain("parsed IKE_AUTH response", bob.Log, StringComparison.Ordinal);

        string status = (await node.CtlAsync("status")).OrThrow().Output;
        Assert.Contains("degraded: the store has taken no commit for ", status, StringComparison.Ordinal);
        Assert.Single(node.Log.Split('\n'), line => line.Contains(" Store: ", StringComparison.Ordinal));

        disk.MakeRoom();
        CommandResult initiated = await login;

        Assert.True(initiated.Succeeded, initiated.Transcript + node.Evidence);
        Assert.True(Assert.Single(await bob.ListSasAsync()).IsEstablished);
        Assert.Equal(2, (await node.ListSasAsync()).Length);
        await node.WaitForLogAsync("Store: commits come through again after ");
        Assert.Contains("state               ready", (await node.CtlAsync("status")).OrThrow().Output, StringComparison.Ordinal);
    }

    private static string NodeForTwo() => new NodeConf
    {
        Secrets = $$"""
            secrets:
              ike-all: { secret: "{{ClientConf.Secret}}" }
            """,
    }.ToString();

    /// <summary>A file system in memory, small enough to fill.</summary>
    private sealed class SmallDisk(string folder) : IAsyncDisposable
    {
        private string Ballast => Path.Combine(folder, "ballast");

        public static async Task<SmallDisk> MountAsync(string folder)
        {
            Directory.CreateDirectory(folder);
            (await Command.RunAsync("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder)).OrThrow();
            return new SmallDisk(folder);
        }

        public void Fill()
        {
            using FileStream ballast = File.Create(Ballast, bufferSize: 1);
            byte[] page = new byte[4096];
            try
            {
                while (true)
                {
                    ballast.Write(page);
                }
            }
            catch (IOException)
            {
                // Full: what this is for.
            }
        }

        public void MakeRoom() => File.Delete(Ballast);

        public async ValueTask DisposeAsync() => await Command.RunAsync("umount", "--lazy", folder);
    }
}
