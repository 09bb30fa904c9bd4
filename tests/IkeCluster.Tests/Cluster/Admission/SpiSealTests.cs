using FsCheck;
using FsCheck.Fluent;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Admission;

public sealed class SpiSealTests
{
    private static readonly SpiSeal Seal = new(AdmissionBench.KeysOf(1));

    private static readonly Arbitrary<ushort> Shards = Gen.Choose(0, 4095).Select(shard => (ushort)shard).ToArbitrary();

    [Fact]
    public void Every_SPI_that_we_made_opens_to_its_shard() =>
        Prop.ForAll(Shards, ArbMap.Default.ArbFor<ulong>(), (shard, unique) =>
            Seal.TryOpen(Seal.Seal(new ShardId(shard), unique), out ShardId opened) && opened.Value == shard)
            .Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));

    [Fact]
    public void Different_numbers_make_different_SPIs()
    {
        HashSet<IkeSpi> seen = [];
        for (ulong unique = 0; unique < 20_000; unique++)
        {
            Assert.True(seen.Add(Seal.Seal(new ShardId(7), unique)));
        }
    }

    [Fact]
    public void The_permutation_is_undone_at_every_width() =>
        Prop.ForAll(Gen.Choose(2, 62).ToArbitrary(), ArbMap.Default.ArbFor<ulong>(), (bits, number) =>
        {
            using ClusterKeys keys = AdmissionBench.KeysOf(1);
            using var permutation = new SpiPermutation(keys.SpiKey(1), bits / 2, bits - (bits / 2));
            ulong plain = number & ((1UL << bits) - 1);
            ulong permuted = permutation.Permute(plain);
            return permuted < 1UL << bits && permutation.Restore(permuted) == plain;
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));

    [Fact]
    public void A_small_permutation_takes_each_value_once()
    {
        using ClusterKeys keys = AdmissionBench.KeysOf(1);
        using var permutation = new SpiPermutation(keys.SpiKey(1), 5, 6);

        Assert.Equal(2048, Enumerable.Range(0, 2048).Select(plain => permutation.Permute((ulong)plain)).Distinct().Count());
    }

    // 2^-16 of them open by chance: 32 of 2^21 expected, with a deviation of 6.
    [Fact]
    public void Made_up_SPIs_are_told_but_for_one_in_sixty_five_thousand()
    {
        var chance = new Random(20260101);
        int opened = 0;
        for (int i = 0; i < 1 << 21; i++)
        {
            ulong withOurVersion = ((ulong)chance.NextInt64() & (ulong.MaxValue >> 2)) | (1UL << 62);
            opened += Seal.TryOpen(new IkeSpi(withOurVersion), out _) ? 1 : 0;
        }

        Assert.InRange(opened, 32 - 24, 32 + 24);
    }

    [Fact]
    public void An_SPI_of_a_key_version_that_we_do_not_have_is_refused()
    {
        using var other = new SpiSeal(AdmissionBench.KeysOf(2));

        Assert.False(Seal.TryOpen(other.Seal(new ShardId(1), 5), out _));
        Assert.False(Seal.TryOpen(IkeSpi.Zero, out _));
    }

    [Fact]
    public void The_newest_key_seals_and_older_ones_still_open()
    {
        using var both = new SpiSeal(AdmissionBench.KeysOf(1, 2));
        using var newer = new SpiSeal(AdmissionBench.KeysOf(2));

        Assert.True(both.TryOpen(Seal.Seal(new ShardId(9), 1), out ShardId old));
        Assert.Equal(new ShardId(9), old);
        Assert.Equal(newer.Seal(new ShardId(9), 1), both.Seal(new ShardId(9), 1));
        Assert.True(both.TryOpenEsp(Seal.SealEsp(new ShardId(9), 1), out old));
        Assert.Equal(new ShardId(9), old);
    }

    [Fact]
    public void Every_ESP_SPI_that_we_made_opens_to_its_shard_and_is_never_reserved() =>
        Prop.ForAll(Shards, ArbMap.Default.ArbFor<uint>(), (shard, unique) =>
        {
            EspSpi spi = Seal.SealEsp(new ShardId(shard), unique);
            return spi.Value >= 256 && Seal.TryOpenEsp(spi, out ShardId opened) && opened.Value == shard;
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true));

    // Of two million numbers none has landed below 256 but those that were made to: the numbers that the permutation
    // sends there are found by walking back.
    [Fact]
    public void A_number_that_lands_among_the_reserved_ESP_SPIs_walks_on_and_comes_home()
    {
        using ClusterKeys keys = AdmissionBench.KeysOf(2);
        using var seal = new SpiSeal(keys);
        using var permutation = new SpiPermutation(keys.EspSpiKey(2), 15, 16);
        for (ulong reserved = 0; reserved < 256; reserved++)
        {
            ulong plain = permutation.Restore(reserved);
            var shard = new ShardId((ushort)(plain & 0xFFF));
            EspSpi spi = seal.SealEsp(shard, (uint)(plain >> 12));

            Assert.True(spi.Value >= 256);
            Assert.True(seal.TryOpenEsp(spi, out ShardId opened));
            Assert.Equal(shard, opened);
            Assert.False(seal.TryOpenEsp(new EspSpi((uint)reserved), out _));
        }
    }

    [Fact]
    public void Keys_that_two_bits_cannot_tell_apart_are_refused()
    {
        Assert.Throws<ArgumentException>(() => AdmissionBench.KeysOf(1, 5));
        Assert.Throws<ArgumentException>(() => AdmissionBench.KeysOf());
    }

    [Fact]
    public void Each_use_and_each_version_has_its_own_key()
    {
        using ClusterKeys keys = AdmissionBench.KeysOf(1, 2);
        string[] all =
        [
            .. keys.Versions.SelectMany(version => new[]
            {
                keys.SpiKey(version), keys.EspSpiKey(version), keys.CookieKey(version), keys.RowKey(version),
            }).Select(key => Convert.ToHexString(key.Reveal()[..16])),
        ];

        Assert.Equal(8, all.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(2, keys.Newest);
    }
}
