using System.Buffers.Binary;
using System.Security.Cryptography;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Store;

/// <summary>What a sealed row is bound to: a blob that is moved to another row, or rolled back in its own, does not open.</summary>
public readonly record struct RowSeat(ShardId Shard, IkeSpi LocalSpi, long RowVersion, Epoch Epoch);

/// <summary>
/// Seals rows at rest with AES-256-GCM (DESIGN.md, State at rest). Every sealing draws a 192-bit salt and derives a key
/// of its own from the row key, so no pair of key and nonce is met twice, whatever is restored, restarted or retried.
/// Not thread-safe for sealing, because entropy is not; opening is.
/// </summary>
/// <param name="keys">Their newest version seals, all open; they stay the caller's own.</param>
/// <param name="entropy">Gives the salts.</param>
public sealed class RowCipher(ClusterKeys keys, IEntropy entropy)
{
    /// <summary>The layout below and its associated data; another layout gets another number.</summary>
    public const byte Format = 1;

    private const int SaltOctets = 24;
    private const int TagOctets = 16;
    private const int KeyOctets = 32;
    private const int AssociatedOctets = 1 + 1 + 2 + 8 + 8 + 4;

    private static ReadOnlySpan<byte> KeyInfo => "ikecluster row key v1"u8;

    /// <summary>The key is used for one sealing only, so its nonce may be constant.</summary>
    private static ReadOnlySpan<byte> Nonce => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    public byte Newest => keys.Newest;

    public bool Knows(byte keyVersion) => keys.Has(keyVersion);

    /// <summary>Salt, ciphertext and tag, sealed by the newest key.</summary>
    public byte[] Seal(RowSeat seat, ReadOnlySpan<byte> plain)
    {
        byte[] blob = new byte[SaltOctets + plain.Length + TagOctets];
        Span<byte> salt = blob.AsSpan(0, SaltOctets);
        entropy.FillSecret(salt);
        Span<byte> associated = stackalloc byte[AssociatedOctets];
        WriteAssociated(associated, Newest, seat);
        using AesGcm cipher = CipherOf(keys.RowKey(Newest), salt);
        cipher.Encrypt(Nonce, plain, blob.AsSpan(SaltOctets, plain.Length), blob.AsSpan(SaltOctets + plain.Length), associated);
        return blob;
    }

    /// <summary>Null where the blob was not sealed for this seat by a key of this version.</summary>
    public byte[]? Open(byte format, byte keyVersion, RowSeat seat, ReadOnlySpan<byte> blob)
    {
        if (format != Format || blob.Length < SaltOctets + TagOctets || !Knows(keyVersion))
        {
            return null;
        }

        byte[] plain = new byte[blob.Length - SaltOctets - TagOctets];
        Span<byte> associated = stackalloc byte[AssociatedOctets];
        WriteAssociated(associated, keyVersion, seat);
        using AesGcm cipher = CipherOf(keys.RowKey(keyVersion), blob[..SaltOctets]);
        try
        {
            cipher.Decrypt(Nonce, blob[SaltOctets..^TagOctets], blob[^TagOctets..], plain, associated);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private static AesGcm CipherOf(SecretBytes rowKey, ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[KeyOctets];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, rowKey.Reveal(), key, salt, KeyInfo);
        var cipher = new AesGcm(key, TagOctets);
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }

    private static void WriteAssociated(Span<byte> into, byte keyVersion, RowSeat seat)
    {
        into[0] = Format;
        into[1] = keyVersion;
        BinaryPrimitives.WriteUInt16BigEndian(into[2..], seat.Shard.Value);
        BinaryPrimitives.WriteUInt64BigEndian(into[4..], seat.LocalSpi.Value);
        BinaryPrimitives.WriteInt64BigEndian(into[12..], seat.RowVersion);
        BinaryPrimitives.WriteUInt32BigEndian(into[20..], seat.Epoch.Value);
    }
}
