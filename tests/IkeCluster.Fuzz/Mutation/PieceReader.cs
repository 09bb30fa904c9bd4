using System.Buffers.Binary;
using IkeCluster.Protocol.Message;

namespace IkeCluster.Fuzz.Mutation;

/// <summary>
/// Takes a sound chain of payloads to pieces. It shares nothing with the readers under test; what it does not understand
/// stays as octets.
/// </summary>
internal static class PieceReader
{
    private const int GenericHeaderOctets = 4;

    public static Piece Read(PayloadType first, ReadOnlySpan<byte> chain)
    {
        var pieces = new Piece(PieceKind.Chain, []);
        PayloadType type = first;
        while (type != PayloadType.None && Length(chain) is { } length)
        {
            pieces.Parts.Add(ReadPayload(type, chain[..length]));
            type = (PayloadType)chain[0];
            chain = chain[length..];
        }

        pieces.Tail = chain.ToArray();
        return pieces;
    }

    private static Piece ReadPayload(PayloadType type, ReadOnlySpan<byte> payload)
    {
        (int head, PieceKind part) = type switch
        {
            PayloadType.Sa => (GenericHeaderOctets, PieceKind.Proposal),
            PayloadType.TsInitiator or PayloadType.TsResponder => (GenericHeaderOctets + 4, PieceKind.Selector),
            PayloadType.Cp => (GenericHeaderOctets + 4, PieceKind.Attribute),
            PayloadType.Delete => (GenericHeaderOctets + 4, PieceKind.Spi),
            PayloadType.Notify or PayloadType.Ke or PayloadType.IdInitiator or PayloadType.IdResponder or PayloadType.Auth
                => (GenericHeaderOctets + 4, PieceKind.Chain),
            PayloadType.Eap => (GenericHeaderOctets + 5, PieceKind.Chain),
            _ => (GenericHeaderOctets, PieceKind.Chain),
        };
        head = Math.Min(head, payload.Length);
        var piece = new Piece(PieceKind.Payload, payload[..head].ToArray()) { Type = type };
        if (type == PayloadType.Notify && head == GenericHeaderOctets + 4)
        {
            head += TakeSpi(piece, payload[5], payload[head..]);
        }

        piece.Tail = part == PieceKind.Chain ? payload[head..].ToArray() : ReadParts(piece, part, payload[head..]);
        return piece;
    }

    /// <summary>Fills in the parts; what is left over.</summary>
    private static byte[] ReadParts(Piece into, PieceKind kind, ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty && PartLength(kind, octets) is { } length)
        {
            into.Parts.Add(kind switch
            {
                PieceKind.Proposal => ReadProposal(octets[..length]),
                PieceKind.Transform => WithParts(PieceKind.Transform, 8, PieceKind.Spi, octets[..length]),
                PieceKind.Selector => new Piece(kind, octets[..8].ToArray()) { Tail = octets[8..length].ToArray() },
                PieceKind.Attribute => new Piece(kind, octets[..4].ToArray()) { Tail = octets[4..length].ToArray() },
                _ => new Piece(kind, octets[..length].ToArray()),
            });
            octets = octets[length..];
        }

        return octets.ToArray();
    }

    // The SPI stands between the fixed octets and the transforms.
    private static Piece ReadProposal(ReadOnlySpan<byte> proposal)
    {
        var piece = new Piece(PieceKind.Proposal, proposal[..8].ToArray());
        int spi = TakeSpi(piece, proposal[6], proposal[8..]);
        piece.Tail = ReadParts(piece, PieceKind.Transform, proposal[(8 + spi)..]);
        return piece;
    }

    /// <summary>The SPI as a part of its own, so that it can grow and shrink; how many octets it is.</summary>
    private static int TakeSpi(Piece into, int octets, ReadOnlySpan<byte> rest)
    {
        octets = Math.Min(octets, rest.Length);
        if (octets > 0)
        {
            into.Parts.Add(new Piece(PieceKind.Spi, rest[..octets].ToArray()));
        }

        return octets;
    }

    // An attribute of a transform is four octets (RFC 7296 §3.3.5: key length, in the short form).
    private static Piece WithParts(PieceKind kind, int head, PieceKind part, ReadOnlySpan<byte> octets)
    {
        head = Math.Min(head, octets.Length);
        var piece = new Piece(kind, octets[..head].ToArray());
        piece.Tail = ReadParts(piece, part, octets[head..]);
        return piece;
    }

    private static int? PartLength(PieceKind kind, ReadOnlySpan<byte> octets) => kind switch
    {
        PieceKind.Spi => octets.Length >= 4 ? 4 : null,
        PieceKind.Attribute => octets.Length >= 4 && 4 + BinaryPrimitives.ReadUInt16BigEndian(octets[2..]) is var length && length <= octets.Length
            ? length : null,
        _ => Length(octets) is >= 8 and { } length ? length : null,
    };

    private static int? Length(ReadOnlySpan<byte> octets)
    {
        int length = octets.Length < GenericHeaderOctets ? 0 : BinaryPrimitives.ReadUInt16BigEndian(octets[2..]);
        return length >= GenericHeaderOctets && length <= octets.Length ? length : null;
    }
}
