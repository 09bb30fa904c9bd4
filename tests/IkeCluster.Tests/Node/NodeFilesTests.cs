using IkeCluster.Node;
using IkeCluster.Node.Configuration;
using IkeCluster.Tests.Node.Events;
using Microsoft.Extensions.Logging.Abstractions;

namespace IkeCluster.Tests.Node;

public sealed class NodeFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ikecluster-").FullName;
    private readonly OsEntropy _entropy = new();

    [Fact]
    public void The_first_start_makes_a_cluster_key_that_only_its_owner_reads()
    {
        NodeConfig config = Read($"node: {{ data: {_folder} }}");
        using NodeKeys first = Load(config);
        using NodeKeys second = Load(config);

        string file = Path.Combine(_folder, "cluster.key");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Matches("^[0-9a-f]{64}\n$", File.ReadAllText(file));
        Assert.Equal(first.Cluster.RowKey(1).Reveal().ToArray(), second.Cluster.RowKey(1).Reveal().ToArray());
        Assert.Equal(first.IdentityKey, second.IdentityKey);
    }

    [Fact]
    public void No_key_is_made_beside_a_database_that_has_lost_its_own()
    {
        File.WriteAllText(Path.Combine(_folder, "ikenode.db"), "");

        NodeFaultException fault = Assert.Throws<NodeFaultException>(() => Load(Read($"node: {{ data: {_folder} }}")));

        Assert.Contains("put the key back", fault.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "cluster.key")));
    }

    [Theory]
    [InlineData("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    [InlineData("ABEiM0RVZneImaq7zN3u/wARIjNEVWZ3iJmqu8zd7v8=\n")]
    public void A_cluster_key_is_hexadecimal_or_base64(string text)
    {
        File.WriteAllText(Path.Combine(_folder, "cluster.key"), text);
        using NodeKeys keys = Load(Read($"node: {{ data: {_folder} }}"));
        Assert.Equal([1], keys.Cluster.Versions);
    }

    [Theory]
    [InlineData("not a key", "holds no key, write one with: openssl rand -hex 32")]
    [InlineData("0011", "a cluster key must have at least 16 octets")]
    public void What_is_no_cluster_key_is_one_line(string text, string fault)
    {
        File.WriteAllText(Path.Combine(_folder, "cluster.key"), text);
        NodeFaultException refused = Assert.Throws<NodeFaultException>(() => Load(Read($"node: {{ data: {_folder} }}")));
        Assert.EndsWith(fault, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_the_user_put_elsewhere_is_not_made_up()
    {
        NodeConfig config = Read($"node: {{ data: {_folder} }}\ncluster: {{ keys: [{{ version: 2, file: /nowhere/cluster.key }}] }}");
        NodeFaultException refused = Assert.Throws<NodeFaultException>(() => Load(config));
        Assert.Equal("test.yaml:2:39: /nowhere/cluster.key does not exist, make it with: openssl rand -hex 32", refused.Message);
    }

    [Fact]
    public void A_data_folder_has_one_process_at_a_time()
    {
        using (DataFolder.Open(_folder))
        {
            Assert.Contains("another ikenode serves with", Assert.Throws<NodeFaultException>(() => DataFolder.Open(_folder)).Message, StringComparison.Ordinal);
        }

        DataFolder.Open(_folder).Dispose();
    }

    [Fact]
    public void A_data_folder_that_cannot_be_locked_says_the_real_cause()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "ikenode.lock"));

        string message = Assert.Throws<NodeFaultException>(() => DataFolder.Open(_folder)).Message;

        Assert.EndsWith("ikenode.lock cannot be written: it is a folder", message, StringComparison.Ordinal);
    }

    // It runs on a signal's thread, and ended the node there.
    [Fact]
    public void A_reload_that_throws_is_one_line()
    {
        string file = Path.Combine(_folder, "node.yaml");
        File.WriteAllText(file, "");
        var log = new RecordedLog();
        var reload = new Reload(
            ConfigFile.Load(file, [], new ConfigReport())!, [], _ => throw new InvalidOperationException("the loops\nhave no room"), log);

        ReloadOutcome outcome = reload.Run();

        Assert.Equal(["a fault of ours: InvalidOperationException, the loops have no room"], outcome.Faults);
        Assert.Equal("Configuration not read again, the old one stays: a fault of ours: InvalidOperationException, the loops have no room", log.Lines[^1]);
    }

    [Fact]
    public void A_reload_takes_what_is_about_peers_and_names_what_waits()
    {
        NodeConfig? applied = null;
        string file = Path.Combine(_folder, "node.yaml");
        File.WriteAllText(file, "log: { level: info }\n");
        var reload = new Reload(ConfigFile.Load(file, ["node.name=a"], new ConfigReport())!, ["node.name=a"], config => applied = config, NullLogger.Instance);

        File.WriteAllText(file, "log: { level: debug }\npools: { p: { addrs: 10.0.0.0/24 } }\nlisten: [{ address: 127.0.0.1 }]\n");
        ReloadOutcome outcome = reload.Run();

        Assert.Empty(outcome.Faults);
        Assert.Equal(["listen changed, which only a restart applies", "log changed, which only a restart applies"], outcome.Notes);
        Assert.Equal("p", Assert.Single(applied!.Policy.Pools).Name);
    }

    [Fact]
    public void A_reload_with_a_fault_changes_nothing()
    {
        NodeConfig? applied = null;
        string file = Path.Combine(_folder, "node.yaml");
        File.WriteAllText(file, "");
        var reload = new Reload(ConfigFile.Load(file, [], new ConfigReport())!, [], config => applied = config, NullLogger.Instance);

        File.WriteAllText(file, "nod: {}");

        Assert.Equal([$"{file}:1:1: unknown key \"nod\", did you mean \"node\"?"], reload.Run().Faults);
        Assert.Null(applied);
    }

    public void Dispose()
    {
        _entropy.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static NodeConfig Read(string text) => ConfigFile.Read(text, "test.yaml", [], new ConfigReport())!;

    private NodeKeys Load(NodeConfig config) => NodeKeys.Load(config.Cluster, config.Node.DataFolder, _entropy, NullLogger.Instance);
}
