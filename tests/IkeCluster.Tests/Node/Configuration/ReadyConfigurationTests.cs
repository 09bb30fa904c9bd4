using IkeCluster.Node.Configuration;

namespace IkeCluster.Tests.Node.Configuration;

public sealed class ReadyConfigurationTests
{
    public static TheoryData<string> Files =>
        [.. Directory.GetFiles(Path.Combine(Config.Repository, "cluster-config"), "*.yaml").Select(file => Path.GetFileName(file)!).Where(file => file != "kustomization.yaml")];

    [Theory, MemberData(nameof(Files))]
    public void A_ready_configuration_has_no_fault_and_no_warning(string file)
    {
        Environment.SetEnvironmentVariable("IKE_PSK_ALICE", "what an operator would put there");
        var report = new ConfigReport();
        NodeConfig? config = ConfigFile.Load(Path.Combine(Config.Repository, "cluster-config", file), [], report);
        Assert.Empty(report.Faults.Concat(report.Warnings).Select(fault => fault.ToString()));
        Assert.NotEmpty(config!.Policy.Connections);
    }
}
