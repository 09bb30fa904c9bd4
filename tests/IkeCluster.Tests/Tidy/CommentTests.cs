using System.Text.RegularExpressions;

namespace IkeCluster.Tests.Tidy;

/// <summary>Comments cite in one form, so that a tool can list what is obeyed where: <c>RFC 7296 §2.1</c>.</summary>
public sealed partial class CommentTests
{
    [Fact]
    public void RFCs_are_cited_in_one_form() => SourceTree.AssertNone(Comments(WrongCitation()));

    [Fact]
    public void The_check_of_citations_can_fail()
    {
        string[] wrong =
        [
            "// RFC7296 §2.1", "// RFC-7296", "// rfc 7296", "// RFC 7296 section 2.1", "// RFC 7296, Section 2.1", "// RFC 7296 Sec. 2",
            "// RFC 7296 § 2.1", "// RFC 7296, §2.1", "// section 2.1 of RFC 7296", "// RFC 7296 2.1",
        ];
        string[] right = ["// RFC 7296 §2.1: a repeat", "// (RFC 7383 §2.5)", "// RFC 8221", "// RFC 6989; RFC 7427", "// RFC 7296 §A.1"];

        Assert.All(wrong, comment => Assert.Matches(WrongCitation(), comment));
        Assert.All(right, comment => Assert.DoesNotMatch(WrongCitation(), comment));
    }

    [Fact]
    public void Nothing_is_left_to_be_done_later() => SourceTree.AssertNone(Comments(Leftover()));

    [Fact]
    public void Warnings_are_obeyed_not_silenced() => SourceTree.AssertNone(Code(Silencer()));

    [Fact]
    public void Nobody_sleeps() => SourceTree.AssertNone(Code(Sleep()));

    private static IEnumerable<string> Comments(Regex wrong) => Find(wrong, SourceTree.Comment);

    private static IEnumerable<string> Code(Regex wrong) => Find(wrong, line => line[..^SourceTree.Comment(line).Length]);

    private static IEnumerable<string> Find(Regex wrong, Func<string, string> part) =>
        from path in SourceTree.CodeFiles
        where !path.EndsWith($"{nameof(CommentTests)}.cs", StringComparison.Ordinal)
        from line in SourceTree.Lines(path).Index()
        where wrong.IsMatch(part(line.Item))
        select $"{path}:{line.Index + 1}: {line.Item.Trim()}";

    [GeneratedRegex(
        @"\b(RFC|Rfc|rfc)[-_]?\d{3,}|\b(Rfc|rfc) \d|\bRFC \d+,?( ?[Ss]ec(tion|\.)| §(?![\dA-Z])| \d+\.\d)|\bRFC \d+, §|[Ss]ection [\d.]+ of RFC",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex WrongCitation();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Leftover();

    [GeneratedRegex(@"^\s*#pragma warning|\bSuppressMessage\((?!.*Justification = )", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Silencer();

    [GeneratedRegex(@"\bThread\.Sleep\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sleep();
}
