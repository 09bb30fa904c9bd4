using IkeCluster.Node.Configuration;

namespace IkeCluster.Tests.Node.Configuration;

/// <summary>Reads configurations for the tests of this folder.</summary>
internal static class Config
{
    /// <summary>The repository, for the files that users start from.</summary>
    public static string Repository { get; } = FindRepository();

    public static NodeConfig Good(string text, params string[] settings)
    {
        var report = new ConfigReport();
        NodeConfig? config = ConfigFile.Read(text, "test.yaml", settings, report);
        Assert.Empty(report.Faults.Select(fault => fault.ToString()));
        return config!;
    }

    public static string[] FaultsOf(string text, params string[] settings)
    {
        var report = new ConfigReport();
        Assert.Null(ConfigFile.Read(text, "test.yaml", settings, report));
        return [.. report.Faults.Select(fault => fault.ToString())];
    }

    public static string[] WarningsOf(string text)
    {
        var report = new ConfigReport();
        Assert.NotNull(ConfigFile.Read(text, "test.yaml", [], report));
        return [.. report.Warnings.Select(fault => fault.ToString())];
    }

    /// <summary>A connection that is complete, with more of its keys as YAML flow text.</summary>
    public static string Connection(string more = "", string child = "") =>
        $"connections:\n  c: {{ local: {{ auth: psk }}, remote: {{ auth: psk }}, children: {{ n: {{ {child} }} }}, {more} }}\n";

    private static string FindRepository()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "IkeCluster.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("no IkeCluster.sln above the tests");
        }

        return folder;
    }
}
