using System.Collections.Immutable;

namespace IkeCluster.Mutants;

/// <summary>One text that is put in the place of another, which must stand in the file exactly once.</summary>
internal sealed record Edit(string File, string Text, string Replacement);

/// <summary>
/// A named fault, as a file says it: lines <c>why:</c> and <c>file:</c>, then the text that is there between <c>&lt;&lt;&lt;&lt;</c> and
/// <c>====</c> and the fault between that and <c>&gt;&gt;&gt;&gt;</c>. Several texts, of several files, may make one fault.
/// </summary>
internal sealed record Mutant(string Name, string Why, ImmutableArray<Edit> Edits)
{
    private const string TextMark = "<<<<";
    private const string ReplacementMark = "====";
    private const string EndMark = ">>>>";

    public static Mutant Read(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        string why = "";
        string file = "";
        var edits = ImmutableArray.CreateBuilder<Edit>();
        List<string> text = [];
        List<string> replacement = [];
        List<string>? into = null;
        foreach (string line in File.ReadLines(path))
        {
            switch (line)
            {
                case TextMark:
                    (text, replacement) = ([], []);
                    into = text;
                    break;
                case ReplacementMark:
                    into = replacement;
                    break;
                case EndMark:
                    edits.Add(new Edit(file, Join(text), Join(replacement)));
                    into = null;
                    break;
                case var said when into is not null:
                    into.Add(said);
                    break;
                case var said when said.StartsWith("why: ", StringComparison.Ordinal):
                    why = said["why: ".Length..];
                    break;
                case var said when said.StartsWith("file: ", StringComparison.Ordinal):
                    file = said["file: ".Length..];
                    break;
                case "":
                    break;
                default:
                    throw new FormatException($"{name}: what does '{line}' mean?");
            }
        }

        return why.Length > 0 && edits.Count > 0 && into is null
            ? new Mutant(name, why, edits.ToImmutable())
            : throw new FormatException($"{name}: a fault has a why and at least one text");
    }

    /// <summary>What is wrong with the mutant, seen from the tree that it is to be planted in; null where nothing is.</summary>
    public string? FaultIn(string top)
    {
        foreach (Edit edit in Edits)
        {
            string path = Path.Combine(top, edit.File);
            if (!File.Exists(path))
            {
                return $"{Name}: there is no {edit.File}";
            }

            int times = File.ReadAllText(path).Split(edit.Text).Length - 1;
            if (times != 1)
            {
                return $"{Name}: the text of {edit.File} stands there {times} times: {edit.Text.Trim()}";
            }
        }

        return null;
    }

    private static string Join(List<string> lines) => string.Concat(lines.Select(line => line + "\n"));
}
