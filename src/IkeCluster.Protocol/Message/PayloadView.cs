namespace IkeCluster.Protocol.Message;

//   0               1               2               3
//  +---------------+-+-------------+---------------+---------------+
//  | Next Payload  |C|  RESERVED   |         Payload Length        |
//  +---------------+-+-------------+---------------+---------------+

/// <summary>One payload of a chain, seen through its generic header (RFC 7296 §3.2).</summary>
public readonly ref struct PayloadView
{
    /// <summary>Octets of the generic payload header.</summary>
    public const int HeaderOctets = 4;

    internal PayloadView(PayloadType type, bool isCritical, ReadOnlySpan<byte> body, int offset)
    {
        Type = type;
        IsCritical = isCritical;
        Body = body;
        Offset = offset;
    }

    public PayloadType Type { get; }

    public bool IsCritical { get; }

    /// <summary>The payload without its generic header.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>Octets from the start of the chain to the generic header.</summary>
    public int Offset { get; }
}
