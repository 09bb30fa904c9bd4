using System.Collections.Immutable;

namespace IkeCluster.Protocol.Values;

/// <summary>An identity as the wire has it: a type and octets (RFC 7296 §3.5); or a pattern of a configuration.</summary>
public sealed class Identity(IdType type, ImmutableArray<byte> data) : IEquatable<Identity>
{
    public IdType Type { get; } = type;

    public ImmutableArray<byte> Data { get; } = data;

    /// <summary><c>%any</c>: the pattern that everybody matches.</summary>
    public static Identity Any { get; } = new(IdType.Any, []);

    public bool IsAny => Type == IdType.Any;

    public bool Equals(Identity? other) => other is not null && Type == other.Type && Data.AsSpan().SequenceEqual(other.Data.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as Identity);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Type);
        hash.AddBytes(Data.AsSpan());
        return hash.ToHashCode();
    }
}
