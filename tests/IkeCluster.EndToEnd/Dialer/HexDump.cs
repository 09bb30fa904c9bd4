using System.Text;
using System.Text.RegularExpressions;

namespace IkeCluster.EndToEnd.Dialer;

/// <summary>Reads charon's hex dumps: <c>   0: 7A 01 ...  z.</c></summary>
internal static partial class HexDump
{
    public static string Octets(string log)
    {
        var digits = new StringBuilder();
        foreach (string line in log.Split('\n'))
        {
            Match row = Row().Match(line);
            digits.Append(row.Success ? row.Groups["octets"].Value.Replace(" ", "", StringComparison.Ordinal) : " ");
        }

        return digits.ToString();
    }

    [GeneratedRegex("\\] +[0-9]+: (?<octets>([0-9A-F]{2} ?)+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
