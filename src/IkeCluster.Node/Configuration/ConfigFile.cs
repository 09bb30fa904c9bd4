namespace IkeCluster.Node.Configuration;

/// <summary>Reads a configuration file: text, then <c>--set</c>, then every section. All faults are found in one go.</summary>
internal static class ConfigFile
{
    private const long OctetsMax = 64 * 1024 * 1024;

    /// <summary>The configuration, or null with at least one fault in the report.</summary>
    public static NodeConfig? Load(string file, IReadOnlyList<string> settings, ConfigReport report)
    {
        string? text = ReadText(file, report);
        return text is null ? null : Read(text, file, settings, report);
    }

    /// <summary>As <see cref="Load"/>, for text that is at hand; names of files are relative to the file's folder.</summary>
    public static NodeConfig? Read(string text, string file, IReadOnlyList<string> settings, ConfigReport report)
    {
        ConfigNode? node = YamlTree.Read(text, file, report);
        ConfigMap? root = node as ConfigMap;
        if (node is ConfigScalar { IsNull: true })
        {
            root = new ConfigMap(node.Place);
        }
        else if (node is not null && root is null)
        {
            report.Fault(node.Place, "a configuration is made of sections, begin with one such as connections:");
        }

        if (root is null)
        {
            return null;
        }

        foreach (string setting in settings)
        {
            ConfigOverride.Apply(root, setting, report);
        }

        NodeConfig config = ReadSections(new ConfigSection(root, "", "", report), file);
        return report.HasFaults ? null : config;
    }

    private static NodeConfig ReadSections(ConfigSection root, string file)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        NodeSettings node = NodeReader.ReadNode(root.Section("node"));
        NodeReader.ReadUnbuilt(root);
        var config = new NodeConfig
        {
            File = file,
            Node = node,
            Listen = NodeReader.ReadListen(root),
            Store = NodeReader.ReadStore(root.Section("store")),
            Cluster = ClusterReader.Read(root.Section("cluster"), folder, node.DataFolder),
            Admission = NodeReader.ReadAdmission(root.Section("admission")),
            Metrics = NodeReader.ReadMetrics(root.Section("metrics")),
            Log = NodeReader.ReadLog(root.Section("log")),
            Audit = NodeReader.ReadAudit(root.Section("audit")),
            Policy = PolicyReader.Read(root, folder),
        };
        root.Done();
        return config;
    }

    private static string? ReadText(string file, ConfigReport report)
    {
        var place = new ConfigPlace(file, 1, 1);
        try
        {
            if (new FileInfo(file) is { Exists: true, Length: > OctetsMax })
            {
                report.Fault(place, $"is larger than {OctetsMax / (1024 * 1024)} MiB, a configuration is not");
                return null;
            }

            return File.ReadAllText(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            report.Fault(place, $"cannot be read: {FileTrouble.Cause(fault)}; name another with --config FILE");
            return null;
        }
    }
}
