using System.Buffers.Binary;
using System.Security.Cryptography;
using IkeCluster.Crypto;
using IkeCluster.Protocol;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

//  +-------------+-----------+------------------------------------------------+
//  | key version |   epoch   | HMAC-SHA-256 (SPIi | address | Ni), 16 octets    |
//  +-------------+-----------+------------------------------------------------+

/// <summary>
/// Stateless cookies (RFC 7296 §2.6): a minute's secret, derived from the cluster key, over Ni, address and SPIi, not
/// the port, so that any node checks any node's cookie and a NAT may rebind. One for each loop: not thread-safe.
/// </summary>
public sealed class Cookie(ClusterKeys keys) : IDisposable
{
    /// <summary>Octets of a cookie; RFC 7296 §2.6 allows 1 to 64.</summary>
    public const int Octets = 2 + MacOctets;

    /// <summary>How long one secret makes cookies; they are good for one epoch more.</summary>
    public static readonly TimeSpan EpochLength = TimeSpan.FromMinutes(1);

    private const int MacOctets = 16;
    private const int FixedInputOctets = 8 + 16;

    // The epochs of which a cookie is taken, and one more, have different last two bits.
    private const int EpochSlots = 4;
    private readonly EpochSecret?[] _secrets = new EpochSecret?[ClusterKeys.VersionsMax * EpochSlots];

    /// <summary>Writes <see cref="Octets"/> octets. The nonce's length has been checked (16 to 256).</summary>
    public int Write(ReadOnlySpan<byte> nonce, IpAddress source, IkeSpi initiatorSpi, Instant now, Span<byte> into)
    {
        ulong epoch = EpochAt(now);
        into[0] = keys.Newest;
        into[1] = (byte)epoch;
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Compute(keys.Newest, epoch, nonce, source, initiatorSpi, mac);
        mac[..MacOctets].CopyTo(into[2..]);
        return Octets;
    }

    /// <summary>Whether this cluster gave out the cookie, lately, for this nonce, address and SPI.</summary>
    public bool Check(
        ReadOnlySpan<byte> cookie, ReadOnlySpan<byte> nonce, IpAddress source, IkeSpi initiatorSpi, Instant now)
    {
        // What can be told without the sum is told first.
        if (cookie.Length != Octets
            || nonce.Length is < Limits.NonceOctetsMin or > Limits.NonceOctetsMax
            || !keys.Has(cookie[0])
            || !TryResolve(cookie[1], now, out ulong epoch))
        {
            return false;
        }

        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Compute(cookie[0], epoch, nonce, source, initiatorSpi, mac);
        return CryptographicOperations.FixedTimeEquals(mac[..MacOctets], cookie[2..]);
    }

    public void Dispose()
    {
        foreach (EpochSecret? secret in _secrets)
        {
            secret?.Dispose();
        }
    }

    private static ulong EpochAt(Instant now) => (ulong)(now.Microseconds / (long)EpochLength.TotalMicroseconds);

    // The epoch now, the one before, and the next: a node whose clock is ahead may have begun it.
    private static bool TryResolve(byte lastOctet, Instant now, out ulong epoch)
    {
        ulong current = EpochAt(now);
        int ahead = (sbyte)(lastOctet - (byte)current);
        epoch = current + (ulong)ahead;
        return ahead is >= -1 and <= 1;
    }

    private void Compute(
        byte version, ulong epoch, ReadOnlySpan<byte> nonce, IpAddress source, IkeSpi initiatorSpi, Span<byte> mac)
    {
        Span<byte> input = stackalloc byte[FixedInputOctets + Limits.NonceOctetsMax];
        BinaryPrimitives.WriteUInt64BigEndian(input, initiatorSpi.Value);
        source.WriteMapped(input[8..]);
        nonce.CopyTo(input[FixedInputOctets..]);
        SecretOf(version, epoch).Hash(input[..(FixedInputOctets + nonce.Length)], mac);
    }

    private EpochSecret SecretOf(byte version, ulong epoch)
    {
        int index = (version % ClusterKeys.VersionsMax * EpochSlots) + (int)(epoch % EpochSlots);
        ref EpochSecret? slot = ref _secrets[index];
        if (slot is null || slot.Epoch != epoch)
        {
            slot?.Dispose();
            slot = new EpochSecret(keys.CookieKey(version), epoch);
        }

        return slot;
    }

    private sealed class EpochSecret : IDisposable
    {
        private readonly IncrementalHash _hmac;

        public EpochSecret(SecretBytes cookieKey, ulong epoch)
        {
            Span<byte> label = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64BigEndian(label, epoch);
            using var secret = new SecretBytes(HMACSHA256.HashSizeInBytes);
            HMACSHA256.HashData(cookieKey.Reveal(), label, secret.Reveal());
            _hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret.Reveal());
            Epoch = epoch;
        }

        public ulong Epoch { get; }

        public void Hash(ReadOnlySpan<byte> input, Span<byte> mac)
        {
            _hmac.AppendData(input);
            _hmac.GetHashAndReset(mac);
        }

        public void Dispose() => _hmac.Dispose();
    }
}
