using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Cluster.Region;
using IkeCluster.Crypto;
using IkeCluster.Protocol.Values;

namespace IkeCluster.Tests.Cluster.Region;

/// <summary>CONTRACT.md, guarantee 4; DESIGN.md, IVs and SPIs that prove themselves.</summary>
public sealed class ShardTests : IDisposable
{
    private readonly ClusterKeys _keys = ClusterKeys.From([(1, new SecretBytes(32))]);
    private readonly SpiSeal _seal;

    public ShardTests() => _seal = new SpiSeal(_keys);

    [Fact]
    public void An_IV_is_the_epoch_and_a_counter_and_never_comes_again()
    {
        Shard first = Make(epoch: 5);
        ulong[] ivs = [.. Enumerable.Range(0, 1000).Select(_ => first.NextIv())];

        Assert.Equal(ivs, ivs.Distinct().Order());
        Assert.All(ivs, iv => Assert.Equal(5UL, iv >> Shard.IvCounterBits));
        Assert.True(Make(epoch: 6).NextIv() > ivs[^1]);
    }

    [Fact]
    public void The_highest_epoch_fits_beside_the_counter() =>
        Assert.Equal(Epoch.Max, Make(Epoch.Max).NextIv() >> Shard.IvCounterBits);

    [Fact]
    public void Two_lives_of_a_shard_in_one_epoch_do_not_meet_in_their_IVs()
    {
        // A data folder was put back whole, epoch file and all.
        HashSet<ulong> ivs = [];
        for (ulong life = 1; life <= 50; life++)
        {
            Shard shard = Make(epoch: 7, chance: life);
            Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(ivs.Add(shard.NextIv())));
        }
    }

    [Fact]
    public void Half_of_the_IVs_of_an_epoch_are_left_wherever_chance_begins()
    {
        ulong highest = Enumerable.Range(1, 200)
            .Max(chance => Make(epoch: 7, chance: (ulong)chance).NextIv() & ((1UL << Shard.IvCounterBits) - 1));
        Assert.InRange(highest, 1UL << (Shard.IvStartBits - 1), (1UL << Shard.IvStartBits) - 1);
    }

    [Fact]
    public void A_new_owner_gives_out_no_ESP_SPI_of_the_owners_before()
    {
        HashSet<EspSpi> spis = [];
        for (uint epoch = 5; epoch < 13; epoch++)
        {
            Shard shard = Make(epoch, chance: epoch % 2);
            Assert.All(Enumerable.Range(0, 10_000), _ => Assert.True(spis.Add(shard.NewEspSpi())));
        }
    }

    [Fact]
    public void New_SPIs_name_their_shard_and_differ()
    {
        Shard shard = Make(epoch: 1);
        IkeSpi[] spis = [.. Enumerable.Range(0, 1000).Select(_ => shard.NewIkeSpi())];

        Assert.Equal(1000, spis.Distinct().Count());
        Assert.All(spis, spi => Assert.True(_seal.TryOpen(spi, out ShardId id) && id == shard.Id));
    }

    [Fact]
    public void An_SPI_that_lives_is_not_given_again()
    {
        // The same chance twice: without the list of live SPIs the second shard would give the first one's SPI.
        IkeSpi taken = Make(epoch: 1).NewIkeSpi();
        Shard shard = Make(epoch: 1);
        shard.Live.Add(taken);

        Assert.NotEqual(taken, shard.NewIkeSpi());
    }

    [Fact]
    public void ESP_SPIs_differ_are_never_reserved_and_name_their_shard()
    {
        Shard shard = Make(epoch: 1);
        EspSpi[] spis = [.. Enumerable.Range(0, 10_000).Select(_ => shard.NewEspSpi())];

        Assert.Equal(spis.Length, spis.Distinct().Count());
        Assert.All(spis, spi => Assert.True(spi.Value >= 256 && _seal.TryOpenEsp(spi, out ShardId id) && id == shard.Id));
    }

    [Fact]
    public void Commit_ids_differ_between_shards_and_epochs()
    {
        UInt128[] ids =
        [
            Make(epoch: 1).NextCommitId(), Make(epoch: 2).NextCommitId(), Make(epoch: 1, shard: 8).NextCommitId(),
        ];

        Assert.Equal(3, ids.Distinct().Count());
    }

    public void Dispose()
    {
        _seal.Dispose();
        _keys.Dispose();
    }

    private Shard Make(uint epoch, ushort shard = 7, ulong chance = 1) =>
        new(new ShardClaim(new ShardId(shard), new Epoch(epoch)), _seal, new TestRandom(chance));
}
