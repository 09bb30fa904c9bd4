using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace IkeCluster.Mutants;

/// <summary>What a hunt for a fault came to: the seed that found it and the checker that saw it, or nothing.</summary>
internal sealed record Find(ulong Seed, string Checker, string How);

/// <summary>
/// A copy of the tree in which faults are planted, built and hunted, one at a time. What is built once stays built: a fault costs the
/// project it stands in and those above it.
/// </summary>
public sealed partial class Workshop : IDisposable
{
    internal const int SeedsMax = 2000;

    private static readonly string[] Copied = ["Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig"];
    private static readonly string[] Folders =
    [
        "src/IkeCluster.Protocol", "src/IkeCluster.Crypto", "src/IkeCluster.Engine", "src/IkeCluster.Cluster", "src/IkeCluster.Store",
        "tests/IkeCluster.TestKit", "tests/IkeCluster.Simulation",
    ];

    private readonly string _top = Path.Combine(Path.GetTempPath(), $"ikecluster-mutants-{Environment.ProcessId}");
    private readonly string _sound;

    public Workshop()
    {
        Directory.CreateDirectory(_top);
        foreach (string file in Copied)
        {
            File.Copy(Path.Combine(Top, file), Path.Combine(_top, file));
        }

        File.Copy(Path.Combine(Top, "src/BannedSymbols.Pure.txt"), Path.Combine(Directory.CreateDirectory(Path.Combine(_top, "src")).FullName, "BannedSymbols.Pure.txt"));
        foreach (string folder in Folders)
        {
            CopyFolder(Path.Combine(Top, folder), Path.Combine(_top, folder));
        }

        Build("without a fault");
        _sound = Path.Combine(_top, "sound");
        CopyFolder(Output, _sound);
    }

    /// <summary>The repository.</summary>
    internal static string Top { get; } = FindTop();

    private string Output => Path.Combine(_top, "tests/IkeCluster.Simulation/bin/Release/net10.0");

    public void Dispose() => Directory.Delete(_top, recursive: true);

    /// <summary>Plants a fault, builds, hunts, and takes the fault out again. Null: 2,000 worlds did not see it.</summary>
    internal Find? Hunt(Mutant mutant)
    {
        var before = mutant.Edits.Select(edit => edit.File).Distinct(StringComparer.Ordinal)
            .ToDictionary(file => file, file => File.ReadAllText(Path.Combine(_top, file)), StringComparer.Ordinal);
        try
        {
            foreach (Edit edit in mutant.Edits)
            {
                string path = Path.Combine(_top, edit.File);
                File.WriteAllText(path, File.ReadAllText(path).Replace(edit.Text, edit.Replacement, StringComparison.Ordinal));
            }

            Build(mutant.Name);
            return Simulate(Output, ("IKECLUSTER_SIM_FIRST", "1"), ("IKECLUSTER_SIM_WORLDS", $"{SeedsMax}"), ("IKECLUSTER_SIM_SECONDS", "100000"));
        }
        finally
        {
            foreach ((string file, string text) in before)
            {
                File.WriteAllText(Path.Combine(_top, file), text);
            }
        }
    }

    /// <summary>What the same world does where no fault was planted.</summary>
    internal Find? HuntSound(ulong seed) => Simulate(_sound, ("IKECLUSTER_SEED", seed.ToString(CultureInfo.InvariantCulture)));

    private static Find? Simulate(string folder, params (string Name, string Value)[] settings)
    {
        (_, string said) = Run("dotnet", folder, ["IkeCluster.Simulation.dll", "-noColor", "-noLogo", "-method", "*As_many_worlds*"], settings);
        Match found = FoundLine().Match(said);
        return found.Success
            ? new Find(ulong.Parse(found.Groups["seed"].Value, CultureInfo.InvariantCulture), found.Groups["checker"].Value, found.Groups["how"].Value)
            : null;
    }

    private void Build(string what)
    {
        string[] build =
        [
            "build", "tests/IkeCluster.Simulation", "-c", "Release", "-v", "quiet", "-nologo", "-p:RunAnalyzers=false",
            "-p:EnforceCodeStyleInBuild=false", "-p:GenerateDocumentationFile=false", "-p:TreatWarningsAsErrors=false",
        ];
        (int code, string said) = Run("dotnet", _top, build);
        Assert.True(code == 0, $"the tree does not build {what}: {said}");
    }

    private static (int Code, string Said) Run(string program, string folder, string[] arguments, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false };
        foreach ((string name, string value) in settings)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, said);
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string inside = Path.GetRelativePath(from, file);
            if (!inside.StartsWith("bin", StringComparison.Ordinal) && !inside.StartsWith("obj", StringComparison.Ordinal))
            {
                string copy = Path.Combine(to, inside);
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }
    }

    private static string FindTop()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "IkeCluster.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The mutants live inside the repository.");
        }

        return folder.FullName;
    }

    [GeneratedRegex(
        @"^\s*(?<checker>\w+) at [\d.]+ s: (?<how>.*?)(; repeat with.*?--seed (?<seed>\d+))", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex FoundLine();
}
