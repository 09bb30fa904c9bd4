using System.Buffers.Binary;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Protocol.Payloads;

/// <summary>Writes the body of a TS payload (RFC 7296 §3.13).</summary>
internal static class TsEncoding
{
    internal static int Octets(ReadOnlySpan<TrafficSelector> selectors)
    {
        int octets = TsPayload.FixedOctets;
        foreach (TrafficSelector selector in selectors)
        {
            octets += Octets(selector);
        }

        return octets;
    }

    internal static void Write(Span<byte> body, ReadOnlySpan<TrafficSelector> selectors)
    {
        body[0] = (byte)selectors.Length;
        body = body[TsPayload.FixedOctets..];
        foreach (TrafficSelector selector in selectors)
        {
            int octets = Octets(selector);
            body[0] = selector.IsV4 ? TsPayload.V4Range : TsPayload.V6Range;
            body[1] = selector.IpProtocol;
            BinaryPrimitives.WriteUInt16BigEndian(body[2..], (ushort)octets);
            BinaryPrimitives.WriteUInt16BigEndian(body[4..], selector.StartPort);
            BinaryPrimitives.WriteUInt16BigEndian(body[6..], selector.EndPort);
            selector.Start.Write(body[TsPayload.SelectorHeaderOctets..]);
            selector.End.Write(body[(TsPayload.SelectorHeaderOctets + selector.Start.Length)..]);
            body = body[octets..];
        }
    }

    private static int Octets(TrafficSelector selector) =>
        selector.IsV4 ? TsPayload.V4SelectorOctets : TsPayload.V6SelectorOctets;
}
