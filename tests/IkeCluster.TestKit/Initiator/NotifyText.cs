using System.Text.RegularExpressions;
using IkeCluster.Protocol;

namespace IkeCluster.TestKit.Initiator;

/// <summary>Notify types in the RFC's words: NO_PROPOSAL_CHOSEN.</summary>
public static partial class NotifyText
{
    public static string Write(NotifyType type) => Enum.IsDefined(type)
        ? InnerCapital().Replace($"{type}", "_$0").ToUpperInvariant()
        : $"notify {(ushort)type}";

    [GeneratedRegex("(?<!^)[A-Z]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InnerCapital();
}
