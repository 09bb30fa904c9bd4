using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using IkeCluster.Node.Configuration;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Node.Events;

/// <summary>
/// Identities as <c>log.identities</c> wants them. A hash is keyed, so that a list of guessed identities does not open it,
/// and the same on all nodes and after a restart, so that an operator can follow one peer.
/// </summary>
internal sealed partial class IdentityMask(IdentityStyle style, byte[] key)
{
    private const int HashOctets = 5;

    public string Show(Identity? identity) => style switch
    {
        _ when identity is null => "-",
        IdentityStyle.Full => Printable(identity.ToString()),
        IdentityStyle.Hash => Hash(identity),
        _ => "(hidden)",
    };

    /// <summary>
    /// The cause of a refusal. Identities stand in it between « and » (<see cref="Identity.ToQuoted"/>), and nothing else does.
    /// </summary>
    public string ShowCause(string cause)
    {
        string printable = Printable(cause);
        return style == IdentityStyle.Full
            ? printable
            : Quoted().Replace(printable, found => style == IdentityStyle.Hash ? $"«{Hash(found.Value[1..^1])}»" : "«(hidden)»");
    }

    /// <summary>A peer chose these characters: none of them may end a line or move a terminal's cursor.</summary>
    public static string Printable(string text) =>
        text.All(c => !char.IsControl(c)) ? text : string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));

    [GeneratedRegex("«[^»]*»", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Quoted();

    private string Hash(Identity identity) => Hash(identity.ToString());

    private string Hash(string identity)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(identity), mac);
        return $"#{Convert.ToHexStringLower(mac[..HashOctets])}";
    }
}
