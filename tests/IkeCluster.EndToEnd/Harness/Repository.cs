namespace IkeCluster.EndToEnd.Harness;

/// <summary>Where the tree and the programs built from it lie.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string Node => Program("src/IkeCluster.Node", "ikenode");

    public static string Ctl => Program("src/IkeCluster.Ctl", "ikectl");

    public static string Load => Program("benchmarks/IkeCluster.Load", "ikeload");

    // bin/<configuration>/<framework> of the tests names the folder of the programs too.
    private static string Program(string project, string name)
    {
        DirectoryInfo framework = new(AppContext.BaseDirectory.TrimEnd('/'));
        return Path.Combine(Root, project, "bin", framework.Parent!.Name, framework.Name, name);
    }

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "IkeCluster.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("these tests run from inside the repository");
    }
}
