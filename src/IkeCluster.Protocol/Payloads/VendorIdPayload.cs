using IkeCluster.Protocol.Message;

namespace IkeCluster.Protocol.Payloads;

/// <summary>Octets that mean something to those who know them (RFC 7296 §3.12).</summary>
public readonly ref struct VendorIdPayload
{
    private VendorIdPayload(ReadOnlySpan<byte> value) => Value = value;

    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Never fails: any octets are a Vendor ID.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out VendorIdPayload payload, out ParseFault fault)
    {
        payload = new VendorIdPayload(body);
        return ParseFault.IsSound(ParseFaultKind.None, PayloadType.VendorId, 0, out fault);
    }
}
