using System.Runtime.CompilerServices;

namespace IkeCluster.Crypto;

/// <summary>What callers must get right about lengths: a slip here is our mistake, never a peer's.</summary>
internal static class OctetCount
{
    internal static void MustBe(
        int expected, int octets, [CallerArgumentExpression(nameof(octets))] string claim = "")
    {
        if (octets != expected)
        {
            throw new ArgumentException($"{claim} is {octets}, not {expected}", nameof(octets));
        }
    }

    internal static void MustNotExceed(
        int limit, int octets, [CallerArgumentExpression(nameof(octets))] string claim = "")
    {
        if (octets > limit)
        {
            throw new ArgumentException($"{claim} is {octets}, above {limit}", nameof(octets));
        }
    }
}
