using System.Diagnostics;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>
/// Says whether this machine has what a test needs. A missing peer skips the test with the reason, unless
/// <c>IKECLUSTER_PEERS=required</c> (CI), where it fails.
/// </summary>
internal static class Peers
{
    private static readonly string[] CharonNeeds = ["charon", "swanctl", "ip", "ping", "curl"];

    // Being root is not enough in a container that may not make namespaces.
    private static readonly Lazy<bool> CanMakeNamespaces = new(() =>
    {
        using Process probe = Process.Start(Tools.Find("unshare") ?? "unshare", ["--net", "--mount", "true"]);
        probe.WaitForExit();
        return probe.ExitCode == 0;
    });

    private static bool AreRequired =>
        string.Equals(Environment.GetEnvironmentVariable("IKECLUSTER_PEERS"), "required", StringComparison.Ordinal);

    /// <summary>Skips the running test unless charon can be run in a network namespace here.</summary>
    public static void NeedCharon() => Need(MissingForCharon());

    /// <summary>Skips the running test unless all the named programs and the right to make namespaces are here.</summary>
    public static void NeedPrograms(params string[] programs) => Need(MissingPrograms(programs));

    private static void Need(string? missing)
    {
        if (missing is null)
        {
            return;
        }

        Assert.False(AreRequired, $"a peer is missing, and IKECLUSTER_PEERS=required: {missing}");
        Assert.Skip(missing);
    }

    private static string? MissingForCharon() =>
        MissingPrograms(CharonNeeds)
        ?? (File.Exists("/dev/net/tun") ? null : "no /dev/net/tun, which kernel-libipsec needs");

    private static string? MissingPrograms(string[] programs)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return "not root: network namespaces cannot be made";
        }

        string[] missing = [.. programs.Append("unshare").Where(program => Tools.Find(program) is null)];
        if (missing.Length > 0)
        {
            return $"not installed: {string.Join(", ", missing)}";
        }

        return CanMakeNamespaces.Value ? null : "network namespaces cannot be made here";
    }
}
