using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace IkeCluster.Protocol.Values;

/// <summary>
/// An identity as the wire has it, a type and octets (RFC 7296 §3.5); or a pattern of a configuration, written as in
/// swanctl.conf. Names are one whatever their case, distinguished names also whatever kind of string they use.
/// </summary>
public sealed class Identity : IEquatable<Identity>
{
    /// <summary>Scores of <see cref="Match"/>, as strongSwan ranks them; each wildcard in a DN takes one from the best.</summary>
    public const int NoMatch = 0;
    public const int AnyMatch = 1;
    public const int ManyWildcardsMatch = 2;
    public const int OneWildcardMatch = 19;
    public const int PerfectMatch = 20;

    private const int QuotedCharactersMax = 200;

    private string? _key;

    public Identity(IdType type, ImmutableArray<byte> data)
    {
        Type = type;
        Data = data;
    }

    public IdType Type { get; }

    public ImmutableArray<byte> Data { get; }

    /// <summary><c>%any</c>: the pattern that everybody matches.</summary>
    public static Identity Any { get; } = new(IdType.Any, []);

    public bool IsAny => Type == IdType.Any;

    /// <summary>A pattern that more than one identity can match.</summary>
    public bool HasWildcards => IdentityPattern.HasWildcards(this);

    /// <summary>Equal for identities that are one; the same in every process and release, so fit for a store.</summary>
    public string Key => _key ??= IdentityText.Key(this);

    public static Identity From(IpAddress address)
    {
        Span<byte> octets = stackalloc byte[address.Length];
        address.Write(octets);
        return new Identity(address.IsV4 ? IdType.Ipv4Addr : IdType.Ipv6Addr, [.. octets]);
    }

    /// <summary>Reads swanctl.conf's spelling: an address, a name, <c>user@host</c>, a DN, <c>%any</c>, <c>keyid:…</c> and so on.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Identity? id, out string fault) =>
        IdentityText.TryParse(text, out id, out fault);

    /// <summary>How well a peer's identity fits this pattern: 0 not at all, else the more the better.</summary>
    public int Match(Identity peer) => IdentityPattern.Match(this, peer);

    public bool Equals(Identity? other) => other is not null && string.Equals(Key, other.Key, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as Identity);

    public override int GetHashCode() => string.GetHashCode(Key, StringComparison.Ordinal);

    /// <summary>As strongSwan shows it. What a terminal or a log could stumble over stands as a question mark.</summary>
    public override string ToString() => IdentityText.Write(this);

    /// <summary>
    /// For the cause of a refusal: between « and », which no identity can bring along, so that a log can mask it; and no novel.
    /// </summary>
    public string ToQuoted()
    {
        string text = ToString().Replace('«', '?').Replace('»', '?');
        return text.Length > QuotedCharactersMax ? $"«{text.AsSpan(0, QuotedCharactersMax)}…»" : $"«{text}»";
    }
}
