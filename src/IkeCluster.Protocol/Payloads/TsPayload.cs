using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Protocol.Message;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Protocol.Payloads;

//   0               1               2               3
//  +---------------+---------------+---------------+---------------+
//  | Number of TSs |                   RESERVED                    |
//  +---------------+---------------+-------------------------------+
//  |    TS Type    |IP Protocol ID |       Selector Length         |
//  +---------------+---------------+-------------------------------+
//  |           Start Port          |            End Port           |
//  +-------------------------------+-------------------------------+
//  |       Starting Address (4 or 16), Ending Address (4 or 16)    ~

/// <summary>
/// Traffic selectors of one side (RFC 7296 §3.13). Types other than address ranges are skipped, as are IPv6 ranges
/// that begin or end at an IPv4-mapped address: no packet carries one, and here it would pass for IPv4.
/// </summary>
public readonly ref struct TsPayload
{
    internal const int FixedOctets = 4;
    internal const int SelectorHeaderOctets = 8;
    internal const int V4SelectorOctets = SelectorHeaderOctets + (2 * 4);
    internal const int V6SelectorOctets = SelectorHeaderOctets + (2 * 16);
    internal const byte V4Range = 7;
    internal const byte V6Range = 8;

    private readonly ReadOnlySpan<byte> _body;

    private TsPayload(ReadOnlySpan<byte> body, int count)
    {
        _body = body;
        Count = count;
    }

    /// <summary>Selectors that can be used; those skipped are not in it.</summary>
    public int Count { get; }

    public TrafficSelector this[int i]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(i, Count);
            ReadOnlySpan<byte> rest = _body[FixedOctets..];
            TrafficSelector selector;
            for (int usable = 0; ; rest = rest[SelectorOctets(rest)..])
            {
                if (TryTake(rest, out selector) && usable++ == i)
                {
                    return selector;
                }
            }
        }
    }

    public ImmutableArray<TrafficSelector> ToImmutableArray()
    {
        var selectors = ImmutableArray.CreateBuilder<TrafficSelector>(Count);
        for (int i = 0; i < Count; i++)
        {
            selectors.Add(this[i]);
        }

        return selectors.MoveToImmutable();
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out TsPayload payload, out ParseFault fault)
    {
        ParseFaultKind kind = Judge(body, out int offset, out int usable);
        bool isSound = ParseFault.IsSound(kind, PayloadType.TsInitiator, offset, out fault);
        payload = isSound ? new TsPayload(body, usable) : default;
        return isSound;
    }

    private static ParseFaultKind Judge(ReadOnlySpan<byte> body, out int offset, out int usable)
    {
        offset = usable = 0;
        if (body.Length < FixedOctets)
        {
            return ParseFaultKind.TooShort;
        }

        if (body[0] > Limits.TrafficSelectorsPerPayloadMax)
        {
            return ParseFaultKind.TooManySelectors;
        }

        offset = FixedOctets;
        for (int i = 0; i < body[0]; i++)
        {
            ReadOnlySpan<byte> rest = body[offset..];
            ParseFaultKind kind = JudgeSelector(rest);
            if (kind != ParseFaultKind.None)
            {
                return kind;
            }

            usable += TryTake(rest, out _) ? 1 : 0;
            offset += SelectorOctets(rest);
        }

        return offset == body.Length ? ParseFaultKind.None : ParseFaultKind.TrailingOctets;
    }

    private static ParseFaultKind JudgeSelector(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < PayloadView.HeaderOctets)
        {
            return ParseFaultKind.TooShort;
        }

        int claimed = SelectorOctets(rest);
        return rest[0] switch
        {
            _ when claimed < PayloadView.HeaderOctets => ParseFaultKind.LengthBelowHeader,
            _ when claimed > rest.Length => ParseFaultKind.LengthBeyondEnd,
            V4Range when claimed != V4SelectorOctets => ParseFaultKind.BadSelector,
            V6Range when claimed != V6SelectorOctets => ParseFaultKind.BadSelector,
            V4Range or V6Range when !RunsForward(rest[..claimed]) => ParseFaultKind.BadSelector,
            _ => ParseFaultKind.None,
        };
    }

    // RFC 7296 §3.13.1: start port 65535 with end port 0 is OPAQUE; any other range must not run backwards.
    private static bool RunsForward(ReadOnlySpan<byte> selector)
    {
        int addressOctets = (selector.Length - SelectorHeaderOctets) / 2;
        ReadOnlySpan<byte> start = selector.Slice(SelectorHeaderOctets, addressOctets);
        ushort startPort = BinaryPrimitives.ReadUInt16BigEndian(selector[4..]);
        ushort endPort = BinaryPrimitives.ReadUInt16BigEndian(selector[6..]);
        return start.SequenceCompareTo(selector[(SelectorHeaderOctets + addressOctets)..]) <= 0
            && (startPort <= endPort || (startPort, endPort) == (ushort.MaxValue, 0));
    }

    private static bool TryTake(ReadOnlySpan<byte> rest, out TrafficSelector selector)
    {
        selector = default;
        if (rest[0] is not (V4Range or V6Range))
        {
            return false;
        }

        int addressOctets = rest[0] == V4Range ? 4 : 16;
        var start = IpAddress.Read(rest.Slice(SelectorHeaderOctets, addressOctets));
        var end = IpAddress.Read(rest.Slice(SelectorHeaderOctets + addressOctets, addressOctets));
        ushort startPort = BinaryPrimitives.ReadUInt16BigEndian(rest[4..]);
        selector = new TrafficSelector(start, end, rest[1], startPort, BinaryPrimitives.ReadUInt16BigEndian(rest[6..]));
        return rest[0] == V4Range || (!start.IsV4 && !end.IsV4);
    }

    private static int SelectorOctets(ReadOnlySpan<byte> selector) => BinaryPrimitives.ReadUInt16BigEndian(selector[2..]);
}
