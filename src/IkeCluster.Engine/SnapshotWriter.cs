using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>Writes the values a snapshot is made of: big-endian numbers, and octets behind their length.</summary>
internal readonly ref struct SnapshotWriter(ArrayBufferWriter<byte> buffer)
{
    internal void U8(byte value) => buffer.Write([value]);

    internal void Flag(bool value) => U8(value ? (byte)1 : (byte)0);

    internal void U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(buffer.GetSpan(2), value);
        buffer.Advance(2);
    }

    internal void U32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(buffer.GetSpan(4), value);
        buffer.Advance(4);
    }

    internal void U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
    }

    internal void At(Instant instant) => U64((ulong)instant.Microseconds);

    internal void Octets(ReadOnlySpan<byte> octets)
    {
        U16(checked((ushort)octets.Length));
        buffer.Write(octets);
    }

    internal void Text(string text) => Octets(Encoding.UTF8.GetBytes(text));

    internal void Secret(SecretBytes secret) => Octets(secret.Reveal());

    internal void Secret(SecretSlice secret) => Octets(secret.Reveal());

    internal void Keys(IkeKeys keys)
    {
        Secret(keys.SkD);
        Secret(keys.SkAi);
        Secret(keys.SkAr);
        Secret(keys.SkEi);
        Secret(keys.SkEr);
        Secret(keys.SkPi);
        Secret(keys.SkPr);
    }

    internal void Address(IpAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        address.WriteMapped(octets);
        buffer.Write(octets);
    }

    internal void Path(DatagramPath path)
    {
        Address(path.Remote.Address);
        U16(path.Remote.Port);
        Address(path.Local.Address);
        U16(path.Local.Port);
        Flag(path.NonEspMarker);
    }

    internal void Id(Identity identity)
    {
        U8((byte)identity.Type);
        Octets(identity.Data.AsSpan());
    }

    internal void Proposal(Proposal proposal)
    {
        U8((byte)proposal.Protocol);
        U8(proposal.Number);
        U8(checked((byte)proposal.Transforms.Length));
        foreach (Transform transform in proposal.Transforms)
        {
            U8((byte)transform.Type);
            U16(transform.Id);
            U16(transform.KeyLengthBits);
        }
    }

    internal void Selectors(ImmutableArray<TrafficSelector> selectors)
    {
        U8(checked((byte)selectors.Length));
        foreach (TrafficSelector selector in selectors)
        {
            Address(selector.Start);
            Address(selector.End);
            U8(selector.IpProtocol);
            U16(selector.StartPort);
            U16(selector.EndPort);
        }
    }

    internal void Datagrams(ImmutableArray<byte[]> datagrams)
    {
        U8(checked((byte)datagrams.Length));
        foreach (byte[] datagram in datagrams)
        {
            Octets(datagram);
        }
    }
}
