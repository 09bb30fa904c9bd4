using System.Globalization;
using System.Security.Cryptography;

namespace IkeCluster.Simulation;

/// <summary>Seeds that once failed, and new ones.</summary>
internal static class SeedFile
{
    public static ulong[] Read() =>
    [
        .. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Seeds.txt"))
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => ulong.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)),
    ];

    /// <summary>Where a run begins; IKECLUSTER_SIM_FIRST says so where it is to begin again.</summary>
    public static ulong Fresh() =>
        ulong.TryParse(Environment.GetEnvironmentVariable("IKECLUSTER_SIM_FIRST"), CultureInfo.InvariantCulture, out ulong first)
            ? first
            : (ulong)RandomNumberGenerator.GetInt32(1, int.MaxValue) * 1000;
}
