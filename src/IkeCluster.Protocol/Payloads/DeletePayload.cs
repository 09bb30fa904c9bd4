using System.Buffers.Binary;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Protocol.Payloads;

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  |  Protocol ID  |   SPI Size    |           Num of SPIs         |
//  +---------------+---------------+-------------------------------+
//  |              Security Parameter Index(es) (SPI)               ~

/// <summary>SAs that the sender has deleted: this IKE SA, or Child SAs by the sender's inbound SPIs (RFC 7296 §3.11).</summary>
public readonly ref struct DeletePayload
{
    private const int FixedOctets = 4;
    private const int EspSpiOctets = 4;
    private readonly ReadOnlySpan<byte> _body;

    private DeletePayload(ReadOnlySpan<byte> body) => _body = body;

    public SecurityProtocol Protocol => (SecurityProtocol)_body[0];

    /// <summary>Octets of one SPI: 0 for IKE, 4 for ESP and AH.</summary>
    public int SpiSize => _body[1];

    public int Count => BinaryPrimitives.ReadUInt16BigEndian(_body[2..]);

    /// <summary>An SPI of an ESP or AH delete.</summary>
    public EspSpi Spi(int i)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(i, SpiSize == EspSpiOctets ? Count : 0);
        return new EspSpi(BinaryPrimitives.ReadUInt32BigEndian(_body[(FixedOctets + (i * EspSpiOctets))..]));
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out DeletePayload payload, out ParseFault fault)
    {
        bool isSound = ParseFault.IsSound(Judge(body), PayloadType.Delete, 0, out fault);
        payload = isSound ? new DeletePayload(body) : default;
        return isSound;
    }

    private static ParseFaultKind Judge(ReadOnlySpan<byte> body)
    {
        if (body.Length < FixedOctets)
        {
            return ParseFaultKind.TooShort;
        }

        int spiSize = body[1];
        int count = BinaryPrimitives.ReadUInt16BigEndian(body[2..]);
        return (SecurityProtocol)body[0] switch
        {
            SecurityProtocol.Ike when spiSize != 0 => ParseFaultKind.BadSpiSize,
            SecurityProtocol.Ike when count != 0 => ParseFaultKind.BadCount,
            SecurityProtocol.Ah or SecurityProtocol.Esp when spiSize != EspSpiOctets => ParseFaultKind.BadSpiSize,
            _ when count > Limits.SpisPerDeleteMax => ParseFaultKind.TooManySpis,
            _ when body.Length != FixedOctets + (spiSize * count) => ParseFaultKind.BadCount,
            _ => ParseFaultKind.None,
        };
    }
}
