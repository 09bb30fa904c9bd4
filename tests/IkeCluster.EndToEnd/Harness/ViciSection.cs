namespace IkeCluster.EndToEnd.Harness;

/// <summary>
/// One section of what <c>swanctl --raw --pretty</c> prints: <c>key = value</c>, <c>key = [</c> lines <c>]</c> and
/// <c>name {</c> sections <c>}</c>, one a line.
/// </summary>
internal sealed class ViciSection
{
    private readonly Dictionary<string, string> _values = [];
    private readonly Dictionary<string, List<string>> _lists = [];
    private readonly List<KeyValuePair<string, ViciSection>> _sections = [];

    public IReadOnlyList<KeyValuePair<string, ViciSection>> Sections => _sections;

    public string this[string key] => _values.GetValueOrDefault(key, "");

    public IReadOnlyList<string> List(string key) => _lists.GetValueOrDefault(key, []);

    public ViciSection Section(string name) =>
        _sections.FirstOrDefault(section => section.Key == name).Value ?? new ViciSection();

    public static ViciSection Parse(string pretty)
    {
        ViciSection root = new();
        using StringReader lines = new(pretty);
        root.Fill(lines);
        return root;
    }

    private void Fill(StringReader lines)
    {
        while (lines.ReadLine()?.Trim() is { } line && line != "}")
        {
            if (line.EndsWith(" = [", StringComparison.Ordinal))
            {
                _lists[line[..^4]] = [.. ReadList(lines)];
            }
            else if (line.EndsWith(" {", StringComparison.Ordinal))
            {
                ViciSection inner = new();
                inner.Fill(lines);
                _sections.Add(new(line[..^2], inner));
            }
            else if (line.IndexOf(" = ", StringComparison.Ordinal) is var at and > 0)
            {
                _values[line[..at]] = line[(at + 3)..];
            }
        }
    }

    private static IEnumerable<string> ReadList(StringReader lines)
    {
        while (lines.ReadLine()?.Trim() is { } line && line != "]")
        {
            yield return line;
        }
    }
}
