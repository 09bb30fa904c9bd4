using System.Collections.Immutable;
using System.Globalization;

namespace IkeCluster.Node.Configuration;

/// <summary>
/// Reads one section key by key. What a reader asks for is what is known: <see cref="Done"/> then reports the rest, each
/// with the nearest known key. A value that cannot be read is reported and stands as its default, so that reading goes on.
/// </summary>
internal sealed class ConfigSection
{
    private const string NotInThisRelease = "not in this release";

    private readonly ConfigMap _map;
    private readonly string _pattern;
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public ConfigSection(ConfigMap map, string path, string pattern, ConfigReport report)
    {
        (_map, Path, _pattern, Report) = (map, path, pattern, report);
    }

    public string Path { get; }

    public ConfigPlace Place => _map.Place;

    public ConfigReport Report { get; }

    public IEnumerable<string> Keys => _map.Entries.Select(entry => entry.Key.Text);

    public bool Has(string key) => _map.Find(key) is not null;

    /// <summary>Where that key's value stands, or the section where it is absent.</summary>
    public ConfigPlace PlaceOf(string key) => _map.Find(key)?.Place ?? _map.Place;

    public void Fault(string key, string what) => Report.Fault(PlaceOf(key), $"{NameOf(key)}: {what}");

    public void Warn(string key, string what) => Report.Warn(PlaceOf(key), $"{NameOf(key)}: {what}");

    public ConfigScalar? Scalar(string key)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case ConfigScalar { IsNull: false } scalar:
                return scalar;
            case ConfigScalar:
                Fault(key, "nothing stands behind it, write a value or leave the key out");
                return null;
            default:
                Fault(key, "takes one value, not a list or a section");
                return null;
        }
    }

    public string Text(string key, string fallback) => Scalar(key)?.Text ?? fallback;

    public TimeSpan Duration(string key, TimeSpan fallback, TimeSpan least = default)
    {
        if (Scalar(key) is not { } scalar)
        {
            return fallback;
        }

        if (!ConfigText.TryDuration(scalar.Text, out TimeSpan duration))
        {
            Fault(key, $"\"{scalar.Text}\" is not a time, {ConfigText.DurationHint}");
            return fallback;
        }

        if (duration < least)
        {
            Fault(key, $"{scalar.Text} is too short, the least is {least.TotalSeconds.ToString(CultureInfo.InvariantCulture)}s");
        }

        return duration;
    }

    public bool YesNo(string key, bool fallback)
    {
        if (Scalar(key) is not { } scalar)
        {
            return fallback;
        }

        bool? answer = ConfigText.YesNo(scalar.Text);
        if (answer is null)
        {
            Fault(key, $"\"{scalar.Text}\" is neither yes nor no, write one of them");
        }

        return answer ?? fallback;
    }

    public int Number(string key, int fallback, int least, int most)
    {
        if (Scalar(key) is not { } scalar)
        {
            return fallback;
        }

        if (int.TryParse(scalar.Text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most)
        {
            return number;
        }

        Fault(key, $"\"{scalar.Text}\" is not a number from {least} to {most}");
        return fallback;
    }

    /// <summary>A count that may be large; <paramref name="takesUnits"/>: k, m and g stand for powers of 1024.</summary>
    public ulong Amount(string key, ulong fallback, bool takesUnits)
    {
        if (Scalar(key) is not { } scalar)
        {
            return fallback;
        }

        if (ConfigText.TryAmount(scalar.Text, takesUnits, out ulong amount))
        {
            return amount;
        }

        Fault(key, $"\"{scalar.Text}\" is not a number{(takesUnits ? ", write one such as 500m" : "")}");
        return fallback;
    }

    public T Choice<T>(string key, T fallback, params ReadOnlySpan<(string Word, T Value)> choices)
    {
        if (Scalar(key) is not { } scalar)
        {
            return fallback;
        }

        foreach ((string word, T value) in choices)
        {
            if (word == scalar.Text)
            {
                return value;
            }
        }

        string words = string.Join(", ", choices.ToArray().Select(choice => choice.Word));
        Fault(key, $"\"{scalar.Text}\" is not one of {words}");
        return fallback;
    }

    /// <summary>A YAML list of values, or one value alone.</summary>
    public ImmutableArray<ConfigScalar> List(string key)
    {
        switch (Find(key))
        {
            case null or ConfigScalar { IsNull: true }:
                return [];
            case ConfigScalar one:
                return [one];
            case ConfigList list when list.Items.TrueForAll(item => item is ConfigScalar { IsNull: false }):
                return [.. list.Items.Cast<ConfigScalar>()];
            default:
                Fault(key, "takes a list of values, write [a, b]");
                return [];
        }
    }

    /// <summary>A list of sections, as <c>listen</c> is; null where the key is absent.</summary>
    public IReadOnlyList<ConfigSection>? SectionList(string key)
    {
        ConfigNode? found = Find(key);
        if (found is ConfigList list && list.Items.TrueForAll(item => item is ConfigMap))
        {
            return [.. list.Items.Select((item, i) =>
                new ConfigSection((ConfigMap)item, $"{NameOf(key)}.{i}", $"{PatternOf(key)}.*", Report))];
        }

        if (found is not null)
        {
            Fault(key, "takes a list of sections, write each as - { key: value }");
        }

        return null;
    }

    /// <summary>The section of that name; an empty one where it is absent.</summary>
    public ConfigSection Section(string key) => SectionOf(key, PatternOf(key));

    /// <summary>All entries as sections of their own, with names that the user chose.</summary>
    public IEnumerable<(string Name, ConfigSection Section)> NamedSections()
    {
        foreach ((ConfigScalar key, _) in _map.Entries)
        {
            yield return (key.Text, SectionOf(key.Text, $"{_pattern}.*"));
        }
    }

    /// <summary>Sections named by a prefix: <c>remote</c>, <c>remote-1</c>, <c>remote-2</c>, in the order of the file.</summary>
    public IEnumerable<(string Name, ConfigSection Section)> SectionsWithPrefix(string prefix)
    {
        Report.KnownKeys.Add(PatternOf(prefix));
        foreach (string key in Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal)).ToList())
        {
            // "local_addrs" is a key of its own: a suffix is a number or stands behind a dash.
            if (key.Length == prefix.Length || key[prefix.Length] is '-' || char.IsAsciiDigit(key[prefix.Length]))
            {
                yield return (key, SectionOf(key, PatternOf(prefix)));
            }
        }
    }

    /// <summary>Keys that are known elsewhere, or to the contract, and that nothing here obeys yet.</summary>
    public void NotYet(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            if (FindLater(key) is not null)
            {
                Fault(key, $"{NotInThisRelease}, leave the key out");
            }
        }
    }

    /// <summary>A key of which only the default, in one of its spellings, can be had yet.</summary>
    public void OnlyDefault(string key, params ReadOnlySpan<string> spellings)
    {
        switch (FindLater(key))
        {
            case null:
            case ConfigScalar scalar when spellings.Contains(scalar.Text):
            case ConfigList { Items.Count: 0 } when spellings.Contains(""):
                return;
            default:
                string right = spellings is ["", ..] ? "leave the key out" : $"leave the key out or write {spellings[0]}";
                Fault(key, $"{NotInThisRelease}, {right}");
                return;
        }
    }

    /// <summary>Reports every key that nobody asked for.</summary>
    public void Done()
    {
        foreach ((ConfigScalar key, _) in _map.Entries)
        {
            if (!_known.Contains(key.Text))
            {
                Report.Fault(key.Place, $"unknown key \"{key.Text}\"{(Path.Length == 0 ? "" : $" in {Path}")}, {Hint(key.Text)}");
            }
        }
    }

    private string Hint(string typed) => Nearest.To(typed, _known) is { } near
        ? $"did you mean \"{near}\"?"
        : $"known here: {string.Join(", ", _known.Order(StringComparer.Ordinal))}";

    private ConfigNode? Find(string key)
    {
        if (_known.Add(key))
        {
            Report.KnownKeys.Add(PatternOf(key));
        }

        return _map.Find(key);
    }

    private ConfigNode? FindLater(string key)
    {
        _known.Add(key);
        Report.LaterKeys.Add(PatternOf(key));
        return _map.Find(key);
    }

    private ConfigSection SectionOf(string key, string pattern)
    {
        _known.Add(key);
        Report.KnownKeys.Add(pattern);
        ConfigNode? found = _map.Find(key);
        ConfigMap map = found as ConfigMap ?? new ConfigMap(found?.Place ?? _map.Place);
        if (found is not (null or ConfigMap or ConfigScalar { IsNull: true }))
        {
            Fault(key, "is a section, write its keys below it");
        }

        return new ConfigSection(map, NameOf(key), pattern, Report);
    }

    private string NameOf(string key) => Path.Length == 0 ? key : $"{Path}.{key}";

    private string PatternOf(string key) => _pattern.Length == 0 ? key : $"{_pattern}.{key}";
}
