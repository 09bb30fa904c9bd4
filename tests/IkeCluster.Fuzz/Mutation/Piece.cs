using System.Buffers.Binary;
using IkeCluster.Protocol.Message;

namespace IkeCluster.Fuzz.Mutation;

/// <summary>What a piece of a message is: decides where its lengths, counts and links stand.</summary>
internal enum PieceKind : byte { Chain, Payload, Proposal, Transform, Selector, Attribute, Spi }

/// <summary>
/// A part of a message that has a shape: fixed octets, parts of its own, and octets behind them. It is written with honest
/// lengths, counts and links; a mutation that wants a lie says so, and only that one is wrong.
/// </summary>
internal sealed class Piece(PieceKind kind, byte[] head)
{
    private const int GenericHeaderOctets = 4;

    public PieceKind Kind { get; init; } = kind;

    /// <summary>Of a payload: its type. Of a chain: nothing.</summary>
    public PayloadType Type { get; set; }

    /// <summary>The fixed octets, headers included.</summary>
    public byte[] Head { get; set; } = head;

    public List<Piece> Parts { get; init; } = [];

    public byte[] Tail { get; set; } = [];

    /// <summary>Written in place of the true length.</summary>
    public int? FalseLength { get; set; }

    /// <summary>Written in place of the true number of parts.</summary>
    public int? FalseCount { get; set; }

    /// <summary>Written in place of the true link to the next one: payload type, or last and more.</summary>
    public byte? FalseNext { get; set; }

    /// <summary>Octets of this piece, parts and all.</summary>
    public int Octets => Head.Length + Parts.Sum(part => part.Octets) + Tail.Length;

    public Piece Copy() => new(Kind, [.. Head])
    {
        Type = Type,
        Parts = Parts.ConvertAll(part => part.Copy()),
        Tail = [.. Tail],
        FalseLength = FalseLength,
        FalseCount = FalseCount,
        FalseNext = FalseNext,
    };

    /// <summary>This piece and all below it.</summary>
    public IEnumerable<Piece> All() => Parts.SelectMany(part => part.All()).Prepend(this);

    /// <summary>The octets of a chain, and the type of its first payload.</summary>
    public (PayloadType First, byte[] Chain) Write()
    {
        byte[] octets = new byte[Octets];
        Write(octets, isLast: true, PayloadType.None);
        return (Parts.Count > 0 ? Parts[0].Type : PayloadType.None, octets);
    }

    private int Write(Span<byte> into, bool isLast, PayloadType next)
    {
        Head.CopyTo(into);
        int at = Head.Length;
        for (int i = 0; i < Parts.Count; i++)
        {
            bool ends = i == Parts.Count - 1;
            at += Parts[i].Write(into[at..], ends, ends ? PayloadType.None : Parts[i + 1].Type);
        }

        Tail.CopyTo(into[at..]);
        at += Tail.Length;
        WriteFields(into[..at], isLast, next);
        return at;
    }

    private void WriteFields(Span<byte> whole, bool isLast, PayloadType next)
    {
        if (Kind is not (PieceKind.Chain or PieceKind.Spi) && Head.Length >= GenericHeaderOctets)
        {
            int length = Kind == PieceKind.Attribute ? whole.Length - Head.Length : whole.Length;
            BinaryPrimitives.WriteUInt16BigEndian(whole[2..], (ushort)(FalseLength ?? length));
        }

        if (CountAt is { } at && at < Head.Length)
        {
            whole[at] = (byte)(FalseCount ?? Parts.Count(part => part.Kind != PieceKind.Spi || Type == PayloadType.Delete));
        }

        if (SpiSizeAt is { } sizeAt && sizeAt < Head.Length)
        {
            int octets = Parts.Where(part => part.Kind == PieceKind.Spi).Sum(part => part.Octets);
            whole[sizeAt] = (byte)(CountAt is null ? FalseCount ?? octets : octets);
        }

        // RFC 7296 §3.2, 3.3.1, 3.3.2: payloads name the next one; proposals and transforms say whether there is one.
        byte? link = Kind switch
        {
            PieceKind.Payload => (byte)next,
            PieceKind.Proposal => isLast ? (byte)0 : (byte)2,
            PieceKind.Transform => isLast ? (byte)0 : (byte)3,
            _ => null,
        };
        if ((FalseNext ?? link) is { } written && whole.Length > 0 && link is not null)
        {
            whole[0] = written;
        }
    }

    /// <summary>Where the length of an SPI stands in the head, which is then the first part.</summary>
    private int? SpiSizeAt => (Kind, Type) switch
    {
        (PieceKind.Proposal, _) => 6,
        (PieceKind.Payload, PayloadType.Notify) => 5,
        _ => null,
    };

    /// <summary>Where the number of parts stands in the head.</summary>
    private int? CountAt => (Kind, Type) switch
    {
        (PieceKind.Proposal, _) => 7,
        (PieceKind.Payload, PayloadType.TsInitiator or PayloadType.TsResponder) => 4,
        (PieceKind.Payload, PayloadType.Delete) => 7,
        _ => null,
    };
}
