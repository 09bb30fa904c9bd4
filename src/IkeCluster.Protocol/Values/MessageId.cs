namespace IkeCluster.Protocol.Values;

/// <summary>A message ID: pairs a request with its response, counted per direction (RFC 7296 §2.2).</summary>
public readonly record struct MessageId(uint Value)
{
    public static MessageId Zero => default;

    /// <summary>RFC 7296 §2.2: an IKE SA whose IDs would wrap must be closed.</summary>
    public bool IsLast => Value == uint.MaxValue;

    public MessageId Next => new(checked(Value + 1));

    public override string ToString() => Value.ToString(null, null);
}
