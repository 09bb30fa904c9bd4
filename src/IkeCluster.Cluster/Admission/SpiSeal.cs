using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Cluster.Admission;

//  IKE SPI:  +-------+------------------------------------------------------------+
//            |version| permutation of: shard (12) | unique (34) | zero check (16) |   2 + 62 bits
//            +-------+------------------------------------------------------------+
//  ESP SPI:  +-------+--------------------------------------------+
//            |version| permutation of: unique (19) | shard (12)   |                   1 + 31 bits
//            +-------+--------------------------------------------+

/// <summary>
/// SPIs that prove themselves (DESIGN.md): any node of the cluster finds the shard of an SPI without a table, drops a
/// made-up one with all but 2^-16 certainty, and a stranger can neither count them nor aim at a shard. Thread-safe.
/// </summary>
public sealed class SpiSeal : IDisposable
{
    public const int ShardBits = 12;
    public const int UniqueBits = 34;
    public const int EspUniqueBits = 19;

    /// <summary>RFC 4303 §2.1: an ESP SPI of 1 to 255 is reserved, 0 is never on the wire.</summary>
    public const uint EspSpiMin = 256;

    private const int CheckBits = 16;
    private const int SealedBits = ShardBits + UniqueBits + CheckBits;
    private const int EspSealedBits = ShardBits + EspUniqueBits;
    private const ulong ShardMask = (1 << ShardBits) - 1;

    private readonly SpiPermutation?[] _byVersion = new SpiPermutation?[ClusterKeys.VersionsMax];
    private readonly SpiPermutation?[] _espByVersion = new SpiPermutation?[2];
    private readonly uint _newest;

    public SpiSeal(ClusterKeys keys)
    {
        _newest = keys.Newest;
        foreach (byte version in keys.Versions)
        {
            _byVersion[version % 4] = new SpiPermutation(keys.SpiKey(version), SealedBits / 2, SealedBits / 2);

            // One bit tells the newest version from the one before. Of two that agree in it the newer counts: the
            // shard in an ESP SPI is a hint to the data plane and decides nothing about an IKE SA.
            _espByVersion[version % 2]?.Dispose();
            _espByVersion[version % 2] =
                new SpiPermutation(keys.EspSpiKey(version), EspSealedBits / 2, (EspSealedBits + 1) / 2);
        }
    }

    /// <summary>
    /// The SPI of a shard's <paramref name="unique34"/>, of which 34 bits count. Whoever draws the number draws again
    /// where the SPI is zero (once in 2^62) or in use.
    /// </summary>
    public IkeSpi Seal(ShardId shard, ulong unique34)
    {
        ulong unique = unique34 & ((1UL << UniqueBits) - 1);
        ulong plain = ((shard.Value & ShardMask) << (UniqueBits + CheckBits)) | (unique << CheckBits);
        return new IkeSpi(((ulong)(_newest % 4) << SealedBits) | _byVersion[_newest % 4]!.Permute(plain));
    }

    /// <summary>False: no node of this cluster made this SPI.</summary>
    public bool TryOpen(IkeSpi spi, out ShardId shard)
    {
        shard = default;
        if (spi.IsZero || _byVersion[spi.Value >> SealedBits] is not { } permutation)
        {
            return false;
        }

        ulong plain = permutation.Restore(spi.Value & ((1UL << SealedBits) - 1));
        shard = new ShardId((ushort)(plain >> (UniqueBits + CheckBits)));
        return (plain & ((1 << CheckBits) - 1)) == 0;
    }

    /// <summary>
    /// The inbound ESP SPI of a shard's <paramref name="unique19"/>, of which 19 bits count and 0 stands for 1, never
    /// below 256. Whoever draws the number draws again where the SPI is in use.
    /// </summary>
    public EspSpi SealEsp(ShardId shard, uint unique19)
    {
        uint unique = Math.Max(1, unique19 & ((1u << EspUniqueBits) - 1));
        SpiPermutation permutation = _espByVersion[_newest % 2]!;
        ulong walked = permutation.Permute((unique << ShardBits) | (shard.Value & ShardMask));

        // Cycle walking: what lands among the reserved numbers is permuted again. The walk ends, and is undone by
        // walking back, because it starts above them: unique is not zero.
        while (walked < EspSpiMin)
        {
            walked = permutation.Permute(walked);
        }

        return new EspSpi(((_newest % 2) << EspSealedBits) | (uint)walked);
    }

    /// <summary>
    /// The shard of an ESP SPI. There is no room for check bits: a made-up SPI opens to some shard of 4096 too.
    /// </summary>
    public bool TryOpenEsp(EspSpi spi, out ShardId shard)
    {
        shard = default;
        uint walked = spi.Value & ((1u << EspSealedBits) - 1);
        if (walked < EspSpiMin || _espByVersion[spi.Value >> EspSealedBits] is not { } permutation)
        {
            return false;
        }

        ulong plain = permutation.Restore(walked);
        while (plain < EspSpiMin)
        {
            plain = permutation.Restore(plain);
        }

        shard = new ShardId((ushort)(plain & ShardMask));
        return true;
    }

    public void Dispose()
    {
        foreach (SpiPermutation? permutation in _byVersion.Concat(_espByVersion))
        {
            permutation?.Dispose();
        }
    }
}
