using System.Text.Json;
using System.Text.RegularExpressions;
using IkeCluster.Node.Configuration;

namespace IkeCluster.Tests.Node.Configuration;

/// <summary>The parser, cluster-config/README.md and cluster-config/schema.json know the same keys.</summary>
public sealed partial class KeyReferenceTests
{
    /// <summary>Something in every section, so that every reader runs; that it is full of faults does not matter here.</summary>
    private const string EverySection = """
        listen: [{}]
        cluster: { keys: [{}] }
        admission: { sources: [{}] }
        connections: { c: { local: {}, remote: {}, children: { n: {} } } }
        pools: { p: {} }
        secrets: { ike-a: {}, private-a: { file: "", secret: a } }
        authorities: { a: {} }
        """;

    [Fact]
    public void The_reference_lists_every_key()
    {
        string[] written = [.. KeysOfTable().Matches(Reference()).SelectMany(Keys)];
        Assert.Equal(Read().KnownKeys, written.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_reference_lists_what_is_not_in_this_release()
    {
        string[] written = [.. KeysOfLater().Matches(Reference()).SelectMany(line => Keys(line).Select(key => $"{line.Groups["section"].Value}.{key}"))];
        Assert.Equal(Read().LaterKeys, written.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_schema_lists_every_key()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Config.Repository, "cluster-config", "schema.json")));
        var found = new List<string>();
        Walk(schema.RootElement, schema.RootElement, "", found);
        Assert.Equal(Read().KnownKeys, found.Distinct().Order(StringComparer.Ordinal));
    }

    private static string Reference() => File.ReadAllText(Path.Combine(Config.Repository, "cluster-config", "README.md"));

    private static IEnumerable<string> Keys(Match line) => line.Groups["key"].Captures.Select(capture => capture.Value);

    private static ConfigReport Read()
    {
        var report = new ConfigReport();
        ConfigFile.Read(EverySection, "test.yaml", [], report);
        return report;
    }

    private static void Walk(JsonElement root, JsonElement schema, string path, List<string> found)
    {
        if (schema.TryGetProperty("$ref", out JsonElement reference))
        {
            schema = root.GetProperty("$defs").GetProperty(reference.GetString()!.Split('/')[^1]);
        }

        foreach ((string name, JsonElement below) in Below(schema))
        {
            string key = path.Length == 0 ? name : $"{path}.{name}";
            found.Add(key);
            Walk(root, below, key, found);
        }

        // Entries of a list have no key of their own in the reader's eyes, only what stands in them.
        if (schema.TryGetProperty("items", out JsonElement items) && items.TryGetProperty("properties", out _))
        {
            Walk(root, items, $"{path}.*", found);
        }
    }

    private static IEnumerable<(string Name, JsonElement Below)> Below(JsonElement schema)
    {
        foreach (string kind in (string[])["properties", "patternProperties"])
        {
            if (schema.TryGetProperty(kind, out JsonElement keys))
            {
                foreach (JsonProperty key in keys.EnumerateObject())
                {
                    // A pattern stands for names that users choose; its title says which of the reader's keys it is.
                    yield return (key.Value.TryGetProperty("title", out JsonElement title) ? title.GetString()! : key.Name, key.Value);
                }
            }
        }

        if (schema.TryGetProperty("additionalProperties", out JsonElement named) && named.ValueKind == JsonValueKind.Object)
        {
            yield return ("*", named);
        }
    }

    // | `key` | default | meaning |
    [GeneratedRegex(@"^\| `(?<key>[a-z0-9_.*-]+)` \|.*\|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KeysOfTable();

    // - `section`: `key`, `key`
    [GeneratedRegex(@"^- `(?<section>[a-z.*]+)`: (`(?<key>[a-z0-9_]+)`(, )?)+$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KeysOfLater();
}
