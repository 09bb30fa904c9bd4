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
    public static ulong Fresh() => Setting("IKECLUSTER_SIM_FIRST") ?? (ulong)RandomNumberGenerator.GetInt32(1, int.MaxValue) * 1000;

    /// <summary>A number from the environment; null: it is not set. One that is no number is never taken for none.</summary>
    public static ulong? Setting(string name) => Environment.GetEnvironmentVariable(name) is not { Length: > 0 } text
        ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new ArgumentException($"{name} is no number: {text}", nameof(name));
}
