using System.Text.Json;

namespace IkeCluster.Tests.Crypto;

/// <summary>Reads what stands under Vectors/ (each folder's ORIGIN.md says where it comes from).</summary>
internal static class VectorFile
{
    internal static JsonElement Json(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(PathOf(path)));
        return document.RootElement.Clone();
    }

    /// <summary>The entries of a file's array "vectors".</summary>
    internal static IEnumerable<JsonElement> Vectors(string path) => Json(path).GetProperty("vectors").EnumerateArray();

    internal static IEnumerable<string> Lines(string path) => File.ReadLines(PathOf(path));

    internal static byte[] Hex(this JsonElement vector, string name) => Convert.FromHexString(vector.Text(name));

    internal static string Text(this JsonElement vector, string name) => vector.GetProperty(name).GetString()!;

    internal static int Number(this JsonElement vector, string name) => vector.GetProperty(name).GetInt32();

    /// <summary>Every test of a Wycheproof file with the group it stands in.</summary>
    internal static IEnumerable<(JsonElement Group, JsonElement Test)> Wycheproof(string name) =>
        from testGroup in Json($"wycheproof/{name}_test.json").GetProperty("testGroups").EnumerateArray()
        from test in testGroup.GetProperty("tests").EnumerateArray()
        select (testGroup, test);

    private static string PathOf(string path) => Path.Combine(AppContext.BaseDirectory, "Vectors", path);
}
