using System.Xml.Linq;
using IkeCluster.Protocol.Message;

namespace IkeCluster.Tests.Tidy;

/// <summary>A project is a set of permissions: arrows point from the one who knows to the one who is known.</summary>
public sealed class ReferenceTests
{
    private static readonly string[] PureProjects = ["Protocol", "Crypto", "Engine", "Cluster"];

    private static readonly Dictionary<string, string[]> MayKnow = new(StringComparer.Ordinal)
    {
        ["Protocol"] = [],
        ["Crypto"] = ["Protocol"],
        ["Engine"] = ["Crypto", "Protocol"],
        ["Cluster"] = ["Engine", "Crypto", "Protocol"],
        ["Net"] = ["Cluster", "Engine", "Crypto", "Protocol"],
        ["Store"] = ["Cluster", "Engine", "Crypto", "Protocol"],
        ["DataPlane"] = ["Cluster", "Engine", "Crypto", "Protocol"],
        ["Node"] = ["Net", "Store", "DataPlane", "Cluster", "Engine", "Crypto", "Protocol"],
        ["Ctl"] = [],

        // The initiator must not share the engine, or it would share its mistakes.
        ["TestKit"] = ["Crypto", "Protocol"],
    };

    [Fact]
    public void Projects_know_only_those_below_them() => Assert.All(MayKnow, rule =>
    {
        string file = Assert.Single(SourceTree.ProjectFiles, f => Path.GetFileName(f) == $"IkeCluster.{rule.Key}.csproj");
        Assert.Subset(rule.Value.ToHashSet(StringComparer.Ordinal), References(file).ToHashSet(StringComparer.Ordinal));
    });

    [Fact]
    public void Every_project_of_the_source_folder_has_a_rule() =>
        Assert.All(SourceTree.ProjectFiles.Where(f => f.StartsWith("src", StringComparison.Ordinal)), file =>
            Assert.Contains(Path.GetFileNameWithoutExtension(file)["IkeCluster.".Length..], MayKnow.Keys));

    [Fact]
    public void Protocol_knows_nothing() =>
        Assert.DoesNotContain(
            typeof(IkeHeader).Assembly.GetReferencedAssemblies(), name => name.Name!.StartsWith("IkeCluster.", StringComparison.Ordinal));

    [Fact]
    public void The_pure_half_cannot_name_the_world() => Assert.All(PureProjects, project =>
    {
        string text = File.ReadAllText(Path.Combine(SourceTree.Top, "src", $"IkeCluster.{project}", $"IkeCluster.{project}.csproj"));
        Assert.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers", text, StringComparison.Ordinal);
        Assert.Contains("BannedSymbols.Pure.txt", text, StringComparison.Ordinal);
    });

    private static IEnumerable<string> References(string projectFile) =>
        from reference in XDocument.Load(Path.Combine(SourceTree.Top, projectFile)).Descendants("ProjectReference")
        let name = Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)
        select name["IkeCluster.".Length..];
}
