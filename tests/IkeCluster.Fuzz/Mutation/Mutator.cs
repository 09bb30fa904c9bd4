using System.Buffers.Binary;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Message;
using IkeCluster.Tests.Cluster;

namespace IkeCluster.Fuzz.Mutation;

/// <summary>Makes a message wrong in a few places and leaves the rest sound, so that it gets as deep as its faults let it.</summary>
internal sealed class Mutator(TestRandom chance, IReadOnlyList<Piece> donors)
{
    private const int ChangesMax = 5;
    private const int OctetsMax = 9_000;

    private static readonly int[] Boundaries =
        [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 257, 1023, 1024, 4095, 4096, 0x7fff, 0x8000, 0xfffe, 0xffff];

    private static readonly PayloadType[] PayloadTypes = [.. Enum.GetValues<PayloadType>(), (PayloadType)1, (PayloadType)5, (PayloadType)49, (PayloadType)255];
    private static readonly NotifyType[] NotifyTypes = Enum.GetValues<NotifyType>();

    /// <summary>Up to a few changes; none at all leaves the message as its peer sent it.</summary>
    public void Change(Piece chain)
    {
        for (int left = chance.Below(ChangesMax); left > 0; left--)
        {
            ChangeOnce(chain);
        }
    }

    /// <summary>The written chain, and now and then with octets turned, cut or doubled where they stand.</summary>
    public (PayloadType First, byte[] Chain) Write(Piece chain)
    {
        (PayloadType first, byte[] octets) = chain.Write();
        if (chance.Below(12) == 0)
        {
            octets = Spoil(octets);
        }

        first = chance.Below(60) == 0 ? Pick(PayloadTypes) : first;
        return (first, octets.Length > OctetsMax ? octets[..OctetsMax] : octets);
    }

    /// <summary>Octets changed without a look at what they mean.</summary>
    public byte[] Spoil(byte[] octets)
    {
        octets = [.. octets];
        for (int left = 1 + chance.Below(4); left > 0 && octets.Length > 0; left--)
        {
            int at = chance.Below(octets.Length);
            switch (chance.Below(5))
            {
                case 0 or 1:
                    octets[at] ^= (byte)(1 << chance.Below(8));
                    break;
                case 2:
                    octets[at] = (byte)chance.Next();
                    break;
                case 3:
                    octets = [.. octets[..at], .. octets[chance.Below(at + 1)..]];
                    break;
                default:
                    octets = octets[..(at + 1)];
                    break;
            }
        }

        return octets.Length > OctetsMax ? octets[..OctetsMax] : octets;
    }

    public T Pick<T>(IReadOnlyList<T> choices) => choices[chance.Below(choices.Count)];

    private void ChangeOnce(Piece chain)
    {
        Piece[] all = [.. chain.All()];
        Piece piece = Pick(all);
        switch (chance.Below(16))
        {
            case 0 or 1:
                TurnBit(piece);
                break;
            case 2:
                SetOctet(piece);
                break;
            case 3 or 4:
                SetNumber(piece);
                break;
            case 5:
                piece.FalseLength = Near(piece.Octets);
                break;
            case 6:
                piece.FalseCount = Near(piece.Parts.Count);
                break;
            case 7:
                piece.FalseNext = chance.Below(2) == 0 ? (byte)Pick(PayloadTypes) : (byte)chance.Next();
                break;
            case 8:
                Repeat(piece);
                break;
            case 9:
                Remove(piece);
                break;
            case 10:
                Swap(piece);
                break;
            case 11:
                piece.Tail = Resize(piece.Tail);
                break;
            case 12:
                Splice(piece);
                break;
            case 13:
                Retype(piece);
                break;
            case 14:
                InsertNotify(chain);
                break;
            default:
                piece.Head = chance.Below(4) == 0 ? Resize(piece.Head) : piece.Head;
                break;
        }
    }

    private void TurnBit(Piece piece)
    {
        byte[] octets = piece.Tail.Length > 0 && chance.Below(2) == 0 ? piece.Tail : piece.Head;
        if (octets.Length > 0)
        {
            octets[chance.Below(octets.Length)] ^= (byte)(1 << chance.Below(8));
        }
    }

    private void SetOctet(Piece piece)
    {
        byte[] octets = piece.Tail.Length > 0 && chance.Below(2) == 0 ? piece.Tail : piece.Head;
        if (octets.Length > 0)
        {
            octets[chance.Below(octets.Length)] = chance.Below(2) == 0 ? (byte)Pick(Boundaries) : (byte)chance.Next();
        }
    }

    private void SetNumber(Piece piece)
    {
        byte[] octets = piece.Tail.Length > 1 && chance.Below(2) == 0 ? piece.Tail : piece.Head;
        if (octets.Length > 1)
        {
            int at = chance.Below(octets.Length - 1);
            BinaryPrimitives.WriteUInt16BigEndian(octets.AsSpan(at), (ushort)Near(BinaryPrimitives.ReadUInt16BigEndian(octets.AsSpan(at))));
        }
    }

    /// <summary>A number beside the right one, or one where programs like to err.</summary>
    private int Near(int right) => chance.Below(2) == 0 ? right + chance.Below(9) - 4 : Pick(Boundaries);

    private void Repeat(Piece piece)
    {
        if (piece.Parts.Count == 0)
        {
            return;
        }

        Piece part = Pick(piece.Parts);
        int times = chance.Below(8) == 0 ? Pick(Boundaries) % 300 : 1 + chance.Below(2);
        for (int i = 0; i < times && piece.Octets < OctetsMax; i++)
        {
            piece.Parts.Insert(chance.Below(piece.Parts.Count + 1), part.Copy());
        }
    }

    private void Remove(Piece piece)
    {
        if (piece.Parts.Count > 0)
        {
            piece.Parts.RemoveAt(chance.Below(piece.Parts.Count));
        }
    }

    private void Swap(Piece piece)
    {
        if (piece.Parts.Count > 1)
        {
            int one = chance.Below(piece.Parts.Count);
            int other = chance.Below(piece.Parts.Count);
            (piece.Parts[one], piece.Parts[other]) = (piece.Parts[other], piece.Parts[one]);
        }
    }

    private byte[] Resize(byte[] octets)
    {
        switch (chance.Below(4))
        {
            case 0:
                return [];
            case 1:
                return octets[..chance.Below(octets.Length + 1)];
            case 2:
                return [.. octets, .. new byte[1 + chance.Below(chance.Below(8) == 0 ? 2_000 : 40)]];
            default:
                return Random(chance.Below(chance.Below(8) == 0 ? 2_000 : 300));
        }
    }

    /// <summary>A part of another message, of the same kind, comes in or takes a place.</summary>
    private void Splice(Piece piece)
    {
        Piece[] fitting = [.. Pick(donors).All().Where(donor => donor.Kind == piece.Kind && donor.Parts.Count > 0)];
        if (fitting.Length == 0)
        {
            return;
        }

        Piece gift = Pick(Pick(fitting).Parts).Copy();
        if (piece.Parts.Count > 0 && chance.Below(2) == 0)
        {
            piece.Parts[chance.Below(piece.Parts.Count)] = gift;
        }
        else
        {
            piece.Parts.Insert(chance.Below(piece.Parts.Count + 1), gift);
        }
    }

    private void Retype(Piece piece)
    {
        if (piece.Kind != PieceKind.Payload)
        {
            TurnBit(piece);
        }
        else if (piece.Type == PayloadType.Notify && piece.Head.Length >= 8 && chance.Below(2) == 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(piece.Head.AsSpan(6), (ushort)Pick(NotifyTypes));
        }
        else
        {
            piece.Type = chance.Below(4) == 0 ? (PayloadType)(byte)chance.Next() : Pick(PayloadTypes);
            SetCritical(piece);
        }
    }

    private void SetCritical(Piece payload)
    {
        if (payload.Head.Length > 1 && chance.Below(3) == 0)
        {
            payload.Head[1] ^= 0x80;
        }
    }

    private void InsertNotify(Piece chain)
    {
        int spi = chance.Below(3) switch { 0 => 4, 1 => chance.Below(256), _ => 0 };
        byte[] head = [0, 0, 0, 0, (byte)chance.Below(5), 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), (ushort)Pick(NotifyTypes));
        var notify = new Piece(PieceKind.Payload, head) { Type = PayloadType.Notify, Tail = Random(chance.Below(chance.Below(4) == 0 ? 300 : 40)) };
        if (spi > 0)
        {
            notify.Parts.Add(new Piece(PieceKind.Spi, Random(spi)));
        }

        chain.Parts.Insert(chance.Below(chain.Parts.Count + 1), notify);
    }

    private byte[] Random(int count)
    {
        byte[] octets = new byte[count];
        chance.FillPublic(octets);
        return octets;
    }
}
