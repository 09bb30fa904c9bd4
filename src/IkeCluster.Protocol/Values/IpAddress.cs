using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace IkeCluster.Protocol.Values;

/// <summary>An IPv4 or IPv6 address as a value of 16 octets, without allocation; IPv4 is kept as ::ffff:a.b.c.d.</summary>
public readonly record struct IpAddress : IComparable<IpAddress>
{
    private static readonly UInt128 MappedPrefix = new(0, 0x0000_FFFF_0000_0000);

    // Two halves: a UInt128 is aligned to 16 octets, which would cost each SA some 50 octets of padding.
    private readonly ulong _upper;
    private readonly ulong _lower;

    public IpAddress(UInt128 value) => (_upper, _lower) = ((ulong)(value >> 64), (ulong)value);

    public UInt128 Value => new(_upper, _lower);

    public bool IsV4 => (Value >> 32) == (MappedPrefix >> 32);

    /// <summary>0.0.0.0 or ::.</summary>
    public bool IsAny => Value == 0 || Value == MappedPrefix;

    /// <summary>Octets on the wire: 4 or 16.</summary>
    public int Length => IsV4 ? 4 : 16;

    public static IpAddress V4(uint address) => new(MappedPrefix | address);

    /// <summary>From 4 or 16 octets in network order; the caller has checked the length.</summary>
    public static IpAddress Read(ReadOnlySpan<byte> octets) => octets.Length == 4
        ? V4(BinaryPrimitives.ReadUInt32BigEndian(octets))
        : new(BinaryPrimitives.ReadUInt128BigEndian(octets));

    public static bool TryParse(string text, out IpAddress address)
    {
        bool parsed = IPAddress.TryParse(text, out IPAddress? found);
        address = parsed ? From(found!) : default;
        return parsed;
    }

    public static IpAddress From(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out int written);
        return Read(octets[..written]);
    }

    /// <summary>Writes <see cref="Length"/> octets in network order.</summary>
    public void Write(Span<byte> octets)
    {
        if (IsV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(octets, (uint)Value);
        }
        else
        {
            BinaryPrimitives.WriteUInt128BigEndian(octets, Value);
        }
    }

    /// <summary>Always 16 octets, IPv4 mapped: what a hash over a source address takes.</summary>
    public void WriteMapped(Span<byte> octets) => BinaryPrimitives.WriteUInt128BigEndian(octets, Value);

    public IPAddress ToIPAddress()
    {
        Span<byte> octets = stackalloc byte[16];
        Write(octets);
        return new IPAddress(octets[..Length]);
    }

    public AddressFamily Family => IsV4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6;

    public int CompareTo(IpAddress other) => Value.CompareTo(other.Value);

    public override string ToString() => ToIPAddress().ToString();
}
