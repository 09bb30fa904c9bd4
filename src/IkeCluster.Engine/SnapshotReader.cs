using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>
/// Reads what <see cref="SnapshotWriter"/> wrote. A snapshot that ends too early turns <see cref="IsShort"/> on and reads
/// as zeros from there; it never throws.
/// </summary>
internal ref struct SnapshotReader(ReadOnlySpan<byte> snapshot)
{
    private ReadOnlySpan<byte> _rest = snapshot;

    internal bool IsShort { get; private set; }

    internal readonly bool IsAtEnd => _rest.IsEmpty;

    internal byte U8() => Take(1)[0];

    internal bool Flag() => U8() != 0;

    internal ushort U16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    internal uint U32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    internal ulong U64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    internal Instant At() => new((long)U64());

    internal ReadOnlySpan<byte> Octets() => Take(U16());

    internal string Text() => Encoding.UTF8.GetString(Octets());

    internal SecretBytes Secret() => SecretBytes.CopyOf(Octets());

    internal IpAddress Address() => IpAddress.Read(Take(16));

    internal DatagramPath Path() =>
        new(new UdpEndpoint(Address(), U16()), new UdpEndpoint(Address(), U16()), Flag());

    internal Identity Id()
    {
        var type = (IdType)U8();
        return new Identity(type, [.. Octets()]);
    }

    internal Proposal Proposal()
    {
        var protocol = (SecurityProtocol)U8();
        byte number = U8();
        var transforms = ImmutableArray.CreateBuilder<Transform>();
        for (int left = U8(); left > 0; left--)
        {
            transforms.Add(new Transform((TransformType)U8(), U16(), U16()));
        }

        return new Proposal(protocol, transforms.ToImmutable(), number);
    }

    internal ImmutableArray<TrafficSelector> Selectors()
    {
        var selectors = ImmutableArray.CreateBuilder<TrafficSelector>();
        for (int left = U8(); left > 0; left--)
        {
            selectors.Add(new TrafficSelector(Address(), Address(), U8(), U16(), U16()));
        }

        return selectors.ToImmutable();
    }

    internal ImmutableArray<byte[]> Datagrams()
    {
        var datagrams = ImmutableArray.CreateBuilder<byte[]>();
        for (int left = U8(); left > 0; left--)
        {
            datagrams.Add(Octets().ToArray());
        }

        return datagrams.ToImmutable();
    }

    private ReadOnlySpan<byte> Take(int octets)
    {
        if (octets > _rest.Length)
        {
            IsShort = true;
            _rest = default;
            return new byte[octets];
        }

        ReadOnlySpan<byte> taken = _rest[..octets];
        _rest = _rest[octets..];
        return taken;
    }
}
