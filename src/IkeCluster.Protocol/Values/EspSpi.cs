namespace IkeCluster.Protocol.Values;

/// <summary>A Child SA's Security Parameter Index: 4 octets; 1 to 255 are reserved (RFC 4303 §2.1).</summary>
public readonly record struct EspSpi(uint Value)
{
    public bool IsZero => Value == 0;

    /// <summary>Eight hexadecimal digits, as strongSwan prints it.</summary>
    public override string ToString() => Value.ToString("x8", null);
}
