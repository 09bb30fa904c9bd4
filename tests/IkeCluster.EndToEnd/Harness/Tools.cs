namespace IkeCluster.EndToEnd.Harness;

/// <summary>Finds the programs of others that these tests drive, and says which of them are missing.</summary>
internal static class Tools
{
    // A user's PATH often lacks the sbin folders, and charon is in no PATH at all.
    private static readonly string[] Folders =
    [
        .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries),
        "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin",
        "/usr/lib/ipsec", "/usr/libexec/ipsec", "/usr/lib/strongswan",
    ];

    /// <summary>The full name of a program, or null where it is not installed.</summary>
    public static string? Find(string program) =>
        program.Contains('/', StringComparison.Ordinal)
            ? program
            : Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
}
