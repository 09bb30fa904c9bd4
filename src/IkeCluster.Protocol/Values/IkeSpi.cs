namespace IkeCluster.Protocol.Values;

/// <summary>An IKE SA's Security Parameter Index: 8 octets, in network order on the wire (RFC 7296 §3.1).</summary>
public readonly record struct IkeSpi(ulong Value)
{
    public static IkeSpi Zero => default;

    public bool IsZero => Value == 0;

    /// <summary>Sixteen hexadecimal digits, as users type it.</summary>
    public override string ToString() => Value.ToString("x16", null);
}
