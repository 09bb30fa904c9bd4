using System.Collections.Immutable;
using IkeCluster.Cluster.Admission;

namespace IkeCluster.Node.Configuration;

/// <summary>Reads <c>cluster</c>; what only several nodes need is refused until there can be several.</summary>
internal static class ClusterReader
{
    private const int KeyVersionMax = byte.MaxValue;

    public static ClusterSettings Read(ConfigSection section, string configFolder, string dataFolder)
    {
        var settings = new ClusterSettings(ReadKeys(section, configFolder, dataFolder), section.Number("shards", 256, 1, 4096));
        section.OnlyDefault("lease", "3s", "3");
        section.OnlyDefault("outage_grace", "10m", "600s", "600");
        section.NotYet("advertise", "tls");
        section.Done();
        return settings;
    }

    private static ImmutableArray<ClusterKeyFile> ReadKeys(ConfigSection section, string configFolder, string dataFolder)
    {
        if (section.SectionList("keys") is not { Count: > 0 } entries)
        {
            return [new(1, Locate("cluster.key", configFolder, dataFolder), section.Place)];
        }

        var keys = ImmutableArray.CreateBuilder<ClusterKeyFile>();
        foreach (ConfigSection entry in entries)
        {
            byte version = (byte)entry.Number("version", 1, 0, KeyVersionMax);
            if (keys.Any(key => key.Version % ClusterKeys.VersionsMax == version % ClusterKeys.VersionsMax))
            {
                // Two bits of every SPI hold it (DESIGN.md, SPIs that prove themselves).
                entry.Fault("version", $"{version} and another key's version have the same last two bits, count on from the newest");
            }

            keys.Add(new(version, Locate(entry.Text("file", "cluster.key"), configFolder, dataFolder), entry.PlaceOf("file")));
            entry.Done();
        }

        return keys.ToImmutable();
    }

    private static string Locate(string file, string configFolder, string dataFolder)
    {
        string beside = Path.GetFullPath(file, configFolder);
        return File.Exists(beside) ? beside : Path.GetFullPath(file, dataFolder);
    }
}
