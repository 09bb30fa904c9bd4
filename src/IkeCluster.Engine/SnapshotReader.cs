using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using IkeCluster.Crypto;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Proposals;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Engine;

/// <summary>
/// Reads what <see cref="SnapshotWriter"/> wrote. A snapshot that ends too early turns <see cref="IsShort"/> on and reads
/// as zeros from there; it never throws.
/// </summary>
internal ref struct SnapshotReader(ReadOnlySpan<byte> snapshot)
{
    /// <summary>More than the keys of any suite take.</summary>
    private const int KeyOctetsMax = 1024;

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

    /// <summary>A name of the configuration, of which all SAs share one string.</summary>
    internal string Text() => string.Intern(Encoding.UTF8.GetString(Octets()));

    internal SecretBytes Secret() => SecretBytes.CopyOf(Octets());

    /// <summary>Seven keys in the order of RFC 7296 §2.14, the two sides' of one length.</summary>
    internal IkeKeys IkeKeys()
    {
        Span<byte> block = stackalloc byte[KeyOctetsMax];
        int used = 0;
        int prf = Key(block, ref used);
        int integrity = Key(block, ref used);
        bool isEven = Key(block, ref used) == integrity;
        int encryption = Key(block, ref used);
        isEven &= Key(block, ref used) == encryption & Key(block, ref used) == prf & Key(block, ref used) == prf;
        IsShort |= !isEven;
        IkeKeys keys = IsShort ? new([], 0, 0, 0) : new(block[..used], prf, integrity, encryption);
        CryptographicOperations.ZeroMemory(block);
        return keys;
    }

    /// <summary>Four keys in the order of RFC 7296 §2.17, the two sides' of one length.</summary>
    internal ChildKeys ChildKeys()
    {
        Span<byte> keymat = stackalloc byte[KeyOctetsMax];
        int used = 0;
        int encryption = Key(keymat, ref used);
        int integrity = Key(keymat, ref used);
        IsShort |= Key(keymat, ref used) != encryption | Key(keymat, ref used) != integrity;
        ChildKeys keys = IsShort ? new([], 0, 0) : new(keymat[..used], encryption, integrity);
        CryptographicOperations.ZeroMemory(keymat);
        return keys;
    }

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

        return ChosenProposals.Share(new Proposal(protocol, transforms.ToImmutable(), number));
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

    /// <summary>One key behind those read before; its length.</summary>
    private int Key(scoped Span<byte> room, ref int used)
    {
        ReadOnlySpan<byte> key = Octets();
        if (key.Length > room.Length - used)
        {
            IsShort = true;
            return 0;
        }

        key.CopyTo(room[used..]);
        used += key.Length;
        return key.Length;
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
