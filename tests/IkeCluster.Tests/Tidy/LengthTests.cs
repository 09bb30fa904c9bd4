namespace IkeCluster.Tests.Tidy;

/// <summary>Files end at 500 lines and methods at 60. An old exception may shrink, never grow; a new one is not let in.</summary>
public sealed class LengthTests
{
    private const int FileLinesMax = 500;
    private const int MethodLinesMax = 60;

    // Path to lines: lower a number when the file shrinks, and take the entry out below the limit.
    private static readonly Dictionary<string, int> LongFiles = new(StringComparer.Ordinal);

    private static readonly string[] NotMethods =
    [
        "class ", "struct ", "record ", "interface ", "if (", "for (", "foreach (", "while (", "switch (", "using (", "lock (",
        "catch (", "fixed (",
    ];

    [Fact]
    public void Files_stay_short() => Assert.All(SourceTree.CodeFiles, path =>
        Assert.InRange(SourceTree.Lines(path).Length, 0, LongFiles.GetValueOrDefault(path, FileLinesMax)));

    [Fact]
    public void Exceptions_to_the_length_of_files_are_still_needed() => Assert.All(LongFiles, entry =>
    {
        Assert.Contains(entry.Key, SourceTree.CodeFiles);
        Assert.Equal(entry.Value, SourceTree.Lines(entry.Key).Length);
    });

    [Fact]
    public void Methods_stay_short() => SourceTree.AssertNone(
        from path in SourceTree.CodeFiles
        from method in Methods(SourceTree.Lines(path))
        where method.Lines > MethodLinesMax && !method.IsFlat
        select $"{path}:{method.At} has {method.Lines} lines");

    [Fact]
    public void The_check_of_methods_can_fail()
    {
        string[] body = [.. Enumerable.Repeat("                    Deep();", MethodLinesMax + 1)];
        string[] lines = ["class C", "{", "    public void Long()", "    {", .. body, "    }", "}"];

        (int at, int length, bool isFlat) = Assert.Single(Methods(lines));
        Assert.Equal((3, MethodLinesMax + 1, false), (at, length, isFlat));
    }

    // The format check keeps braces alone on their lines, so a body runs to the brace in the column of its first one.
    // Flat is a body of switch arms or table rows: it has no statement deeper than one level.
    private static IEnumerable<(int At, int Lines, bool IsFlat)> Methods(string[] lines)
    {
        for (int i = 1; i < lines.Length; i++)
        {
            string column = lines[i].TrimEnd('{');
            if (column.Length < 4 || column.Trim().Length > 0 || lines[i].Length != column.Length + 1 || !IsMethodHead(lines[i - 1].Trim()))
            {
                continue;
            }

            int end = Array.FindIndex(lines, i, line => line.StartsWith(column + "}", StringComparison.Ordinal));
            int deepest = lines[i..end].Max(line => line.Length - line.TrimStart().Length) - column.Length;
            yield return (i, end - i - 1, deepest <= 12);
        }
    }

    private static bool IsMethodHead(string line) =>
        (line.EndsWith(')') || line.StartsWith("where ", StringComparison.Ordinal))
        && !NotMethods.Any(word => line.StartsWith(word, StringComparison.Ordinal) || line.Contains($" {word}", StringComparison.Ordinal));
}
