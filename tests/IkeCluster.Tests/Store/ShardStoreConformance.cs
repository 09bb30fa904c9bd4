using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Protocol.Values;
using IkeCluster.Store;
using static IkeCluster.Tests.Store.Commits;

namespace IkeCluster.Tests.Store;

/// <summary>What every store promises; run over each of them.</summary>
public abstract class ShardStoreConformance : IAsyncLifetime
{
    private const int Shards = 4;

    private ImmutableArray<ShardClaim> _claims;

    protected abstract IShardStore Store { get; }

    private ShardClaim Home => _claims[1];

    public async ValueTask InitializeAsync() => _claims = await ClaimAsync();

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;

    [Fact]
    public void The_first_claim_takes_every_shard()
    {
        Assert.Equal(Enumerable.Range(0, Shards).Select(Shard), _claims.Select(claim => claim.Shard));
        Assert.All(_claims, claim => Assert.Equal(1u, claim.Epoch.Value));
    }

    [Fact]
    public async Task A_later_claim_raises_every_epoch()
    {
        ImmutableArray<ShardClaim> again = await ClaimAsync();
        Assert.All(again.Zip(_claims), pair => Assert.True(pair.First.Epoch.Value > pair.Second.Epoch.Value));
    }

    [Fact]
    public async Task Another_number_of_shards_is_refused_with_the_number_that_would_be_right()
    {
        StoreException fault = await Assert.ThrowsAsync<StoreException>(
            async () => await Store.ClaimAsync("node-1", Shards + 1, CancellationToken.None));
        Assert.Contains("cluster.shards", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith($"set it back to {Shards}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_inserted_is_read_back()
    {
        await Store.MustAsync(Of(Home, Insert(7, "alice")));
        Assert.Equal("alice v1", await Store.ReadAsync(Home, 7));
        Assert.Null(await Store.ReadAsync(Home, 8));
        Assert.Null(await Store.ReadAsync(_claims[0], 7));
    }

    [Fact]
    public async Task An_update_needs_the_version_before_it()
    {
        await Store.MustAsync(Of(Home, Insert(7)));
        await Store.MustAsync(Of(Home, Update(7, 2, "second")));
        Assert.Equal(SaOutcomeKind.Conflict, (await Store.TryAsync(Of(Home, Update(7, 2, "stale")))).Kind);
        Assert.Equal(SaOutcomeKind.Conflict, (await Store.TryAsync(Of(Home, Update(7, 4, "early")))).Kind);
        Assert.Equal(SaOutcomeKind.Conflict, (await Store.TryAsync(Of(Home, Update(9, 2, "nobody")))).Kind);
        Assert.Equal("second v2", await Store.ReadAsync(Home, 7));
    }

    [Fact]
    public async Task A_row_that_is_there_is_never_overwritten_by_an_insert()
    {
        await Store.MustAsync(Of(Home, Insert(7, "first")));
        SaOutcome outcome = await Store.TryAsync(Of(Home, Insert(7, "second")));
        Assert.Equal(SaOutcomeKind.Conflict, outcome.Kind);
        Assert.Contains("the row is at version 1", outcome.Detail, StringComparison.Ordinal);
        Assert.Equal("first v1", await Store.ReadAsync(Home, 7));
    }

    [Fact]
    public async Task A_deleted_sa_is_gone_and_leaves_a_tombstone()
    {
        await Store.MustAsync(Of(Home, Insert(7)));
        await Store.MustAsync(Of(Home, Delete(7, 2)));
        Assert.Null(await Store.ReadAsync(Home, 7));
        Assert.Empty(await LiveAsync());
        Assert.Empty(await Store.ListAsync(Home.Shard, IkeSpi.Zero, 10, CancellationToken.None));
        Assert.Equal(SaOutcomeKind.Conflict, (await Store.TryAsync(Of(Home, Update(7, 3)))).Kind);
        Assert.Contains("tombstone", (await Store.TryAsync(Of(Home, Insert(7)))).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_that_is_tried_again_is_committed_and_not_done_twice()
    {
        SaCommit[] commits =
        [
            Of(Home, Insert(7)).Leasing("10.64.0.1", "alice", 7),
            Of(Home, Update(7, 2)),
            Of(Home, Update(7, 3), Insert(8, "rekeyed", Spi(7))),
            Of(Home, Delete(7, 4)),
        ];
        foreach (SaCommit commit in commits)
        {
            await Store.MustAsync(commit);
            await Store.MustAsync(commit);
        }

        Assert.Equal("rekeyed v1", await Store.ReadAsync(Home, 8));
        Assert.Equal([new("rw4", Address("10.64.0.1"), "alice", Spi(8))], await LeasesAsync());
    }

    [Fact]
    public async Task A_commit_under_an_old_epoch_is_fenced()
    {
        await Store.MustAsync(Of(Home, Insert(7)));
        ShardClaim taken = (await ClaimAsync())[1];
        SaOutcome outcome = await Store.TryAsync(Of(Home, Update(7, 2, "by the old owner")));
        Assert.Equal(SaOutcomeKind.Fenced, outcome.Kind);
        Assert.Equal(SaOutcomeKind.Fenced, (await Store.TryAsync(Of(taken with { Epoch = new(taken.Epoch.Value + 1) }, Update(7, 2)))).Kind);
        await Store.MustAsync(Of(taken, Update(7, 2, "by the new owner")));
        Assert.Equal("by the new owner v2", await Store.ReadAsync(taken, 7));
    }

    [Fact]
    public async Task A_shard_that_does_not_exist_is_fenced() =>
        Assert.Equal(SaOutcomeKind.Fenced, (await Store.TryAsync(Of(new(Shard(99), Home.Epoch), Insert(7)))).Kind);

    [Fact]
    public async Task One_commit_of_a_batch_that_fails_leaves_its_neighbours_alone()
    {
        await Store.MustAsync(Of(Home, Insert(7)));
        ImmutableArray<SaOutcomeKind> outcomes = await Store.TryAllAsync(
            Of(Home, Insert(1)),
            Of(Home, Insert(7)),
            Of(new ShardClaim(Home.Shard, new Epoch(0)), Insert(2)),
            Of(_claims[2], Insert(3)),
            Of(Home, Update(7, 2)));
        Assert.Equal(
            [SaOutcomeKind.Committed, SaOutcomeKind.Conflict, SaOutcomeKind.Fenced, SaOutcomeKind.Committed, SaOutcomeKind.Committed],
            outcomes);
        Assert.Equal([Spi(1), Spi(7)], await LiveAsync());
    }

    [Fact]
    public async Task Two_commits_of_one_sa_in_a_batch_follow_one_another()
    {
        Assert.Equal(
            [SaOutcomeKind.Committed, SaOutcomeKind.Committed],
            await Store.TryAllAsync(Of(Home, Insert(7)), Of(Home, Update(7, 2, "both"))));
        Assert.Equal("both v2", await Store.ReadAsync(Home, 7));
    }

    [Fact]
    public async Task An_address_that_another_sa_holds_keeps_the_whole_commit_out()
    {
        await Store.MustAsync(Of(Home, Insert(7)).Leasing("10.64.0.1", "alice", 7));
        SaOutcome outcome = await Store.TryAsync(
            Of(Home, Insert(8)).Leasing("10.64.0.2", "bob", 8).Leasing("10.64.0.1", "bob", 8));
        Assert.Equal(SaOutcomeKind.Conflict, outcome.Kind);
        Assert.Equal("10.64.0.1 of pool rw4 is held by another SA", outcome.Detail);
        Assert.Null(await Store.ReadAsync(Home, 8));
        Assert.Equal([new("rw4", Address("10.64.0.1"), "alice", Spi(7))], await LeasesAsync());
    }

    [Fact]
    public async Task A_freed_address_sticks_to_its_identity_until_another_takes_it()
    {
        await Store.MustAsync(Of(Home, Insert(7)).Leasing("10.64.0.1", "alice", 7));
        await Store.MustAsync(Of(Home, Delete(7, 2)));
        Assert.Equal([new("rw4", Address("10.64.0.1"), "alice", null)], await LeasesAsync());
        await Store.MustAsync(Of(_claims[3], Insert(8)).Leasing("10.64.0.1", "bob", 8));
        Assert.Equal([new("rw4", Address("10.64.0.1"), "bob", Spi(8))], await LeasesAsync());
    }

    [Fact]
    public async Task An_ike_rekey_moves_leases_in_one_commit()
    {
        await Store.MustAsync(Of(Home, Insert(7)).Leasing("10.64.0.1", "alice", 7).Leasing("fd00::1", "alice", 7));
        await Store.MustAsync(Of(Home, Update(7, 2), Insert(8, "rekeyed", Spi(7))));
        await Store.MustAsync(Of(Home, Delete(7, 3)));
        Assert.Equal([Spi(8), Spi(8)], (await LeasesAsync()).Select(lease => lease.LocalSpi!.Value));
    }

    [Fact]
    public async Task A_commit_that_replaces_an_sa_may_take_its_address()
    {
        await Store.MustAsync(Of(Home, Insert(7)).Leasing("10.64.0.1", "alice", 7).Leasing("10.64.0.2", "alice", 7));
        await Store.MustAsync(Of(Home, Delete(7, 2), Insert(8)).Leasing("10.64.0.1", "alice", 8));
        await Store.MustAsync(Of(Home, Delete(8, 2), Insert(9, "moved", Spi(8))).Leasing("10.64.0.1", "alice", 9));
        Assert.Equal(
            [new("rw4", Address("10.64.0.1"), "alice", Spi(9)), new("rw4", Address("10.64.0.2"), "alice", null)],
            await LeasesAsync());
    }

    [Fact]
    public async Task Rows_are_listed_in_pieces_by_spi_unsigned()
    {
        ulong[] spis = [0x8000_0000_0000_0001, 3, ulong.MaxValue, 1, 2];
        await Store.TryAllAsync([.. spis.Select(spi => Of(Home, Insert(spi, $"{spi:x}"))), Of(_claims[0], Insert(5))]);
        List<ulong> listed = [];
        ImmutableArray<SaRow> piece = await Store.ListAsync(Home.Shard, IkeSpi.Zero, 2, CancellationToken.None);
        while (!piece.IsEmpty)
        {
            Assert.InRange(piece.Length, 1, 2);
            listed.AddRange(piece.Select(row => row.LocalSpi.Value));
            piece = await Store.ListAsync(Home.Shard, piece[^1].LocalSpi, 2, CancellationToken.None);
        }

        Assert.Equal(spis.Order(), listed);
        Assert.Equal(spis.Order().Select(Spi), await LiveAsync());
    }

    [Fact]
    public async Task Many_loops_at_once_lose_nothing_and_an_old_owner_changes_nothing()
    {
        const int Loops = 4;
        const int Updates = 25;
        await Store.TryAllAsync([.. _claims.Select(claim => Of(claim, Insert(claim.Shard.Value + 1u)))]);
        await Task.WhenAll(_claims.Take(Loops).Select(claim => UpdateInTurn(claim, Updates)));
        await Task.WhenAll(UpdateInTurn(Home, Updates, from: Updates + 2), ClaimAsync().AsTask());
        ShardClaim taken = (await ClaimAsync())[1];

        long version = (await Store.LoadAsync(taken.Shard, Spi(2), CancellationToken.None))!.RowVersion;
        Assert.InRange(version, Updates + 1, (2 * Updates) + 1);
        Assert.Equal(SaOutcomeKind.Fenced, (await Store.TryAsync(Of(Home, Update(2, version + 1)))).Kind);
        await Store.MustAsync(Of(taken, Update(2, version + 1)));
    }

    /// <summary>Until it is fenced; any other outcome but Committed is a fault.</summary>
    private async Task UpdateInTurn(ShardClaim claim, int updates, int from = 2)
    {
        SaOutcomeKind last = SaOutcomeKind.Committed;
        for (int version = from; version < from + updates && last == SaOutcomeKind.Committed; version++)
        {
            last = (await Store.TryAsync(Of(claim, Update(claim.Shard.Value + 1u, version)))).Kind;
            Assert.True(last is SaOutcomeKind.Committed or SaOutcomeKind.Fenced, $"{last}");
        }
    }

    private ValueTask<ImmutableArray<ShardClaim>> ClaimAsync() => Store.ClaimAsync("node-1", Shards, CancellationToken.None);

    private ValueTask<ImmutableArray<IkeSpi>> LiveAsync() => Store.ListLiveSpisAsync(Home.Shard, CancellationToken.None);

    private ValueTask<ImmutableArray<LeaseRow>> LeasesAsync() => Store.ListLeasesAsync(CancellationToken.None);
}
