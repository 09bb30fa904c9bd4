using System.Buffers.Binary;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Protocol.Message;

/// <summary>The flags of the IKE header that mean something; the other bits are ignored (RFC 7296 §3.1).</summary>
[Flags]
public enum HeaderFlags : byte { None = 0, Initiator = 0x08, Version = 0x10, Response = 0x20 }

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  |                   IKE SA Initiator's SPI (8)                  |
//  |                   IKE SA Responder's SPI (8)                  |
//  +---------------+-------+-------+---------------+---------------+
//  |  Next Payload | MjVer | MnVer | Exchange Type |     Flags     |
//  +---------------+-------+-------+---------------+---------------+
//  |                          Message ID                           |
//  |                            Length                             |
//  +---------------------------------------------------------------+

/// <summary>The IKE header (RFC 7296 §3.1), as a view over the first 28 octets of a message.</summary>
public readonly ref struct IkeHeader
{
    public const int Octets = 28;

    private const int NextPayloadAt = 16;
    private const int VersionAt = 17;
    private const int ExchangeAt = 18;
    private const int FlagsAt = 19;
    private const int MessageIdAt = 20;
    private const int LengthAt = 24;
    private const byte Version20 = 0x20;
    private const byte MajorVersion2 = 2;

    private readonly ReadOnlySpan<byte> _octets;

    private IkeHeader(ReadOnlySpan<byte> octets) => _octets = octets;

    public IkeSpi InitiatorSpi => new(BinaryPrimitives.ReadUInt64BigEndian(_octets));

    public IkeSpi ResponderSpi => new(BinaryPrimitives.ReadUInt64BigEndian(_octets[8..]));

    public PayloadType NextPayload => (PayloadType)_octets[NextPayloadAt];

    public byte MajorVersion => (byte)(_octets[VersionAt] >> 4);

    public byte MinorVersion => (byte)(_octets[VersionAt] & 0x0F);

    public ExchangeType Exchange => (ExchangeType)_octets[ExchangeAt];

    public HeaderFlags Flags => (HeaderFlags)_octets[FlagsAt];

    /// <summary>The sender is the original initiator of the IKE SA.</summary>
    public bool IsInitiator => (Flags & HeaderFlags.Initiator) != HeaderFlags.None;

    public bool IsResponse => (Flags & HeaderFlags.Response) != HeaderFlags.None;

    public MessageId MessageId => new(BinaryPrimitives.ReadUInt32BigEndian(_octets[MessageIdAt..]));

    /// <summary>What the message claims to be long in octets, header included.</summary>
    public uint Length => BinaryPrimitives.ReadUInt32BigEndian(_octets[LengthAt..]);

    /// <summary>Takes the first 28 octets; nothing but their presence is checked.</summary>
    public static bool TryRead(ReadOnlySpan<byte> message, out IkeHeader header)
    {
        bool fits = message.Length >= Octets;
        header = fits ? new IkeHeader(message[..Octets]) : default;
        return fits;
    }

    /// <summary>
    /// Judges the header of a whole message: size, version, length, exchange and flags, in this order, because nothing
    /// behind the version octet is known of another version. A higher minor version is fine (RFC 7296 §2.5).
    /// </summary>
    public static DropReason Check(ReadOnlySpan<byte> message)
    {
        if (!TryRead(message, out IkeHeader header))
        {
            return DropReason.TooShort;
        }

        if (message.Length > Limits.MessageOctetsMax)
        {
            return DropReason.TooLong;
        }

        if (header.MajorVersion != MajorVersion2)
        {
            return DropReason.BadVersion;
        }

        if (header.Length != message.Length)
        {
            return DropReason.LengthMismatch;
        }

        if (!header.Exchange.IsKnown())
        {
            return DropReason.BadExchange;
        }

        return header.HasSoundFlags() ? DropReason.None : DropReason.BadFlags;
    }

    /// <summary>Writes the 28 octets of a version 2.0 header; <paramref name="length"/> counts the whole message.</summary>
    public static void Write(
        Span<byte> into,
        IkeSpi initiatorSpi,
        IkeSpi responderSpi,
        PayloadType next,
        ExchangeType exchange,
        HeaderFlags flags,
        MessageId id,
        uint length)
    {
        BinaryPrimitives.WriteUInt64BigEndian(into, initiatorSpi.Value);
        BinaryPrimitives.WriteUInt64BigEndian(into[8..], responderSpi.Value);
        into[NextPayloadAt] = (byte)next;
        into[VersionAt] = Version20;
        into[ExchangeAt] = (byte)exchange;
        into[FlagsAt] = (byte)flags;
        BinaryPrimitives.WriteUInt32BigEndian(into[MessageIdAt..], id.Value);
        BinaryPrimitives.WriteUInt32BigEndian(into[LengthAt..], length);
    }

    // RFC 7296 §3.1: reserved bits are ignored. In IKE_SA_INIT the one who asks is the original initiator, so the two
    // bits exclude each other; in later exchanges either side may ask.
    private bool HasSoundFlags() => Exchange != ExchangeType.IkeSaInit || IsInitiator != IsResponse;
}
