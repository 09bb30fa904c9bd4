namespace IkeCluster.Tests.Tidy;

/// <summary>The repository's own files, as the tidy tests read them.</summary>
internal static class SourceTree
{
    private static readonly string[] Roots = ["src", "tests", "benchmarks"];

    internal static string Top { get; } = FindTop();

    /// <summary>Every C# file somebody wrote, by its path below the top.</summary>
    internal static IReadOnlyList<string> CodeFiles { get; } = Find("*.cs");

    internal static IReadOnlyList<string> ProjectFiles { get; } = Find("*.csproj");

    internal static string[] Lines(string path) => File.ReadAllLines(Path.Combine(Top, path));

    /// <summary>What stands behind <c>//</c> in a line, or nothing.</summary>
    internal static string Comment(string line)
    {
        int at = line.IndexOf("//", StringComparison.Ordinal);
        return at < 0 ? "" : line[at..];
    }

    /// <summary>Fails with the whole list, one place a line.</summary>
    internal static void AssertNone(IEnumerable<string> places)
    {
        string text = string.Join('\n', places);
        Assert.True(text.Length == 0, text);
    }

    private static List<string> Find(string pattern)
    {
        char slash = Path.DirectorySeparatorChar;
        return
        [
            .. from root in Roots
               from file in Directory.EnumerateFiles(Path.Combine(Top, root), pattern, SearchOption.AllDirectories)
               where !file.Contains($"{slash}obj{slash}", StringComparison.Ordinal)
               where !file.Contains($"{slash}bin{slash}", StringComparison.Ordinal)
               orderby file
               select Path.GetRelativePath(Top, file),
        ];
    }

    private static string FindTop()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "IkeCluster.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tidy tests run inside the repository.");
        }

        return folder.FullName;
    }
}
