using System.Security.Cryptography;
using IkeCluster.Protocol.Proposals;

namespace IkeCluster.Crypto.Integrity;

/// <summary>A transform of type 3 (INTEG): key and ICV sizes, and the sum. Stateless, one for all.</summary>
public abstract class IntegrityAlgorithm
{
    private static readonly IntegrityAlgorithm[] All =
    [
        new HmacIntegrity(IntegrityId.HmacSha1With96, HashAlgorithmName.SHA1, 20, icvOctets: 12), // RFC 2404
        new HmacIntegrity(IntegrityId.HmacSha256With128, HashAlgorithmName.SHA256, 32, icvOctets: 16), // RFC 4868
        new HmacIntegrity(IntegrityId.HmacSha384With192, HashAlgorithmName.SHA384, 48, icvOctets: 24),
        new HmacIntegrity(IntegrityId.HmacSha512With256, HashAlgorithmName.SHA512, 64, icvOctets: 32),
        new AesIntegrity(IntegrityId.AesXcbc96, static key => new AesXcbc(key)), // RFC 3566
        new AesIntegrity(IntegrityId.AesCmac96, static key => new AesCmac(key)), // RFC 4494
    ];

    private protected IntegrityAlgorithm(IntegrityId id, int keyOctets, int icvOctets) =>
        (Id, KeyOctets, IcvOctets) = (id, keyOctets, icvOctets);

    public IntegrityId Id { get; }

    public int KeyOctets { get; }

    /// <summary>Octets of the Integrity Checksum Value, the cut MAC.</summary>
    public int IcvOctets { get; }

    /// <summary>Null: not one of ours.</summary>
    public static IntegrityAlgorithm? Find(IntegrityId id) => Array.Find(All, one => one.Id == id);

    public void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, Span<byte> icv)
    {
        OctetCount.MustBe(IcvOctets, icv.Length);
        using KeyedMac mac = Bind(key);
        mac.Compute(data, icv);
    }

    internal KeyedMac Bind(ReadOnlySpan<byte> key)
    {
        OctetCount.MustBe(KeyOctets, key.Length);
        return Make(key);
    }

    private protected abstract KeyedMac Make(ReadOnlySpan<byte> key);

    private sealed class HmacIntegrity(IntegrityId id, HashAlgorithmName hash, int keyOctets, int icvOctets)
        : IntegrityAlgorithm(id, keyOctets, icvOctets)
    {
        private protected override KeyedMac Make(ReadOnlySpan<byte> key) => new HmacMac(hash, key);
    }

    private sealed class AesIntegrity(IntegrityId id, Func<ReadOnlySpan<byte>, KeyedMac> make)
        : IntegrityAlgorithm(id, keyOctets: 16, icvOctets: 12)
    {
        private protected override KeyedMac Make(ReadOnlySpan<byte> key) => make(key);
    }
}
