using System.Collections.Immutable;
using IkeCluster.Cluster.Ports;
using IkeCluster.Store;
using IkeCluster.Store.Sqlite;
using Microsoft.Data.Sqlite;
using static IkeCluster.Tests.Store.Commits;

namespace IkeCluster.Tests.Store;

/// <summary>What is found at opening: other keys, other programs' files, a past that does not fit. Each is one line.</summary>
public sealed class SqliteOpeningTests : IDisposable
{
    private readonly StoreFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Another_cluster_key_is_found_out_at_opening()
    {
        await ClaimOnceAsync();
        RowCipher other = StoreFolder.Cipher(new CountingEntropy(), filler: 0x77);
        Assert.Contains("sealed with another cluster key of version 1", FaultOfOpening(other), StringComparison.Ordinal);
        await ClaimOnceAsync();
    }

    [Fact]
    public async Task A_key_version_that_rows_still_need_must_be_listed()
    {
        await using (SqliteShardStore store = _folder.Open())
        {
            ShardClaim claim = (await store.ClaimAsync("node-1", 1, CancellationToken.None))[0];
            await store.MustAsync(Of(claim, Insert(7)));
        }

        RowCipher withoutIt = StoreFolder.Cipher(new CountingEntropy(), filler: 0x77, version: 2);
        Assert.Contains("rows sealed with cluster key version 1, which cluster.keys does not list", FaultOfOpening(withoutIt), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_version_that_no_row_needs_may_be_left_out()
    {
        await ClaimOnceAsync();
        await using SqliteShardStore store = _folder.Open(cipher: StoreFolder.Cipher(new CountingEntropy(), filler: 0x77, version: 2));
    }

    [Fact]
    public async Task A_new_key_version_seals_from_here_on_and_the_old_rows_still_open()
    {
        await using (SqliteShardStore store = _folder.Open())
        {
            ShardClaim claim = (await store.ClaimAsync("node-1", 1, CancellationToken.None))[0];
            await store.MustAsync(Of(claim, Insert(7, "old")));
        }

        RowCipher both = StoreFolder.Cipher(new CountingEntropy(), (1, 0x5a), (2, 0x77));
        await using SqliteShardStore rotated = _folder.Open(cipher: both);
        ShardClaim again = (await rotated.ClaimAsync("node-1", 1, CancellationToken.None))[0];
        await rotated.MustAsync(Of(again, Insert(8, "new")));
        Assert.Equal("old v1", await rotated.ReadAsync(again, 7));
        Assert.Equal("new v1", await rotated.ReadAsync(again, 8));
    }

    [Fact]
    public void A_file_that_is_no_database_is_said_to_be_none()
    {
        File.WriteAllText(_folder.Path, new string('x', 5000));
        Assert.Equal($"{_folder.Path}: this is not a SQLite database", FaultOfOpening());
    }

    [Fact]
    public void Another_programs_database_is_left_alone()
    {
        Execute("CREATE TABLE recipe (name TEXT)");
        Assert.Contains("a SQLite database of another program", FaultOfOpening(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_of_a_later_release_is_left_alone()
    {
        await ClaimOnceAsync();
        Execute("PRAGMA user_version = 9999");
        Assert.Contains("written by a later release (schema 9999, this release knows 2)", FaultOfOpening(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_one_line()
    {
        File.WriteAllText(_folder.Path, "a file where a folder should be");
        StoreException fault = Assert.Throws<StoreException>(() => _folder.OpenAt(Path.Combine(_folder.Path, "ikenode.db")));
        Assert.Contains("cannot make or open the store", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Fact]
    public void A_disk_that_is_full_at_opening_is_one_line()
    {
        StoreException fault = Assert.Throws<StoreException>(() => _folder.Open(options => options with { PagesMax = () => 1 }));
        Assert.Equal($"{_folder.Path}: no space left for the store: free some on its disk", fault.Message);
    }

    [Fact]
    public async Task Only_the_owner_may_read_the_files()
    {
        await using SqliteShardStore store = _folder.Open();
        ShardClaim claim = (await store.ClaimAsync("node-1", 1, CancellationToken.None))[0];
        await store.MustAsync(Of(claim, Insert(7)));
        string[] files = Directory.GetFiles(Path.GetDirectoryName(_folder.Path)!);
        Assert.Equal(["", "-shm", "-wal", ".epoch"], files.Select(file => file[_folder.Path.Length..]).Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task An_epoch_file_that_cannot_be_used_is_one_line()
    {
        Directory.CreateDirectory(_folder.Path + ".epoch");
        await using SqliteShardStore store = _folder.Open();
        StoreException fault = await Assert.ThrowsAsync<StoreException>(async () => await store.ClaimAsync("node-1", 1, CancellationToken.None));
        Assert.Contains(".epoch: cannot read or write the epoch of the store", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_raises_epochs_by_one()
    {
        Assert.Equal(1u, await ClaimOnceAsync());
        Assert.Equal(2u, await ClaimOnceAsync());
        Assert.Empty(_folder.Troubles);
    }

    [Fact]
    public async Task A_database_that_was_put_back_from_a_copy_goes_on_far_above_every_epoch_used()
    {
        await ClaimOnceAsync();
        File.Copy(_folder.Path, _folder.Path + ".copy");
        await ClaimOnceAsync();
        uint used = await ClaimOnceAsync();
        File.Copy(_folder.Path + ".copy", _folder.Path, overwrite: true);

        Assert.Equal(used + (1 << 12), await ClaimOnceAsync());
        Assert.Contains("may have gone back in time", Assert.Single(_folder.Troubles), StringComparison.Ordinal);
        Assert.Equal(used + (1 << 12) + 1, await ClaimOnceAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ikecluster-epoch 6c84fb90-12c4-11e1-840d-7b25c5ee775a 00000007\n")]
    [InlineData("ikecluster-epoch torn")]
    public async Task Without_the_word_of_the_epoch_file_the_database_is_taken_to_have_gone_back(string? content)
    {
        uint used = await ClaimOnceAsync();
        File.Delete(_folder.Path + ".epoch");
        if (content is not null)
        {
            await File.WriteAllTextAsync(_folder.Path + ".epoch", content);
        }

        Assert.Equal(used + (1 << 12), await ClaimOnceAsync());
    }

    [Fact]
    public async Task The_first_schema_is_brought_up_to_date_with_its_leases()
    {
        const string FirstSchema = "IkeCluster.Store.Schema.0001_shards_and_sas.sql";
        using (var sql = new StreamReader(typeof(SqliteShardStore).Assembly.GetManifestResourceStream(FirstSchema)!))
        {
            Execute(await sql.ReadToEndAsync(CancellationToken.None));
        }

        Execute("PRAGMA user_version = 1; INSERT INTO lease (pool, address, identity, local_spi) VALUES "
            + "('rw4', x'00000000000000000000ffff0a400001', 'alice', x'0000000000000007'), "
            + "('rw4', x'00000000000000000000ffff0a400002', 'bob', NULL)");
        await using SqliteShardStore store = _folder.Open();
        Assert.Equal(
            [new("rw4", Address("10.64.0.1"), "alice", Spi(7)), new("rw4", Address("10.64.0.2"), "bob", null)],
            await store.ListLeasesAsync(CancellationToken.None));
    }

    private async Task<uint> ClaimOnceAsync()
    {
        await using SqliteShardStore store = _folder.Open();
        ImmutableArray<ShardClaim> claims = await store.ClaimAsync("node-1", 2, CancellationToken.None);
        return claims.Select(claim => claim.Epoch.Value).Distinct().Single();
    }

    private string FaultOfOpening(RowCipher? cipher = null)
    {
        StoreException fault = Assert.Throws<StoreException>(() => _folder.Open(cipher: cipher));
        Assert.DoesNotContain('\n', fault.Message);
        return fault.Message;
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_folder.Path};Pooling=False");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
