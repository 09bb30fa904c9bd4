using System.Buffers.Binary;
using System.Security.Cryptography;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Region;

/// <summary>
/// Tells a repeated IKE_SA_INIT from another (RFC 7296 §2.1; TRAPS 1): the whole message and the address it came from.
/// SPIi and address alone would confuse two hosts behind one NAT; the port is left out, because a NAT may change it
/// between two repeats.
/// </summary>
internal readonly record struct InitKey(IpAddress Source, UInt128 MessageHash)
{
    public static InitKey Of(ReadOnlySpan<byte> message, IpAddress source)
    {
        // Not for secrecy: a stranger must not be able to make two messages that look alike.
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(message, hash);
        return new InitKey(source, BinaryPrimitives.ReadUInt128BigEndian(hash));
    }
}
