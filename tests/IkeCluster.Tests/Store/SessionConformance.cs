using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using static IkeCluster.Tests.Store.Commits;

namespace IkeCluster.Tests.Store;

/// <summary>What every store promises about sessions and shared leases; run over each of them.</summary>
public abstract class SessionConformance : IAsyncLifetime
{
    private ImmutableArray<ShardClaim> _claims;

    protected abstract IShardStore Store { get; }

    private ShardClaim Home => _claims[0];

    private ShardClaim Elsewhere => _claims[1];

    public async ValueTask InitializeAsync() => _claims = await Store.ClaimAsync("node-1", 2, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual ValueTask CloseAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData(UniquePolicy.Never, false, Displacement.None)]
    [InlineData(UniquePolicy.No, false, Displacement.None)]
    [InlineData(UniquePolicy.Replace, false, Displacement.Replaced)]
    [InlineData(UniquePolicy.Never, true, Displacement.None)]
    [InlineData(UniquePolicy.No, true, Displacement.InitialContact)]
    [InlineData(UniquePolicy.Keep, true, Displacement.InitialContact)]
    [InlineData(UniquePolicy.Replace, true, Displacement.InitialContact)]
    public async Task A_login_from_elsewhere_displaces_as_its_policy_says(UniquePolicy unique, bool isInitialContact, Displacement how)
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        SaOutcome outcome = await Store.TryAsync(Login(Elsewhere, 2, "alice", port: 2, unique, isInitialContact));
        Assert.Equal(SaOutcomeKind.Committed, outcome.Kind);
        DisplacedSa[] displaced = how == Displacement.None ? [] : [new DisplacedSa(Spi(1), how)];
        Assert.Equal(displaced, outcome.Displaced);
        Assert.Equal(how, await MarkAsync(Home, 1));
        Assert.Equal(Displacement.None, await MarkAsync(Elsewhere, 2));
    }

    [Fact]
    public async Task Keep_refuses_a_login_from_elsewhere_and_writes_nothing()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        SaOutcome outcome = await Store.TryAsync(Login(Elsewhere, 2, "alice", port: 2, UniquePolicy.Keep).Leasing("10.64.0.1", "alice", 2));
        Assert.Equal((SaOutcomeKind.Conflict, SessionRefusal.AlreadyConnected), (outcome.Kind, outcome.Refusal));
        Assert.Null(await Store.ReadAsync(Elsewhere, 2));
        Assert.Empty(await LeasesAsync());
        Assert.Equal(Displacement.None, await MarkAsync(Home, 1));
        await Store.MustAsync(Of(Home, Delete(1, 2)));
        await Store.MustAsync(Login(Elsewhere, 2, "alice", port: 2, UniquePolicy.Keep));
    }

    [Theory]
    [InlineData(UniquePolicy.Keep)]
    [InlineData(UniquePolicy.Replace)]
    public async Task The_same_client_logs_in_anew_and_its_old_SA_goes_gently(UniquePolicy unique)
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        Assert.Equal(
            [new DisplacedSa(Spi(1), Displacement.Reauthenticated)],
            (await Store.TryAsync(Login(Elsewhere, 2, "alice", port: 1, unique))).Displaced);
    }

    [Fact]
    public async Task Another_peer_or_another_of_our_names_is_another_session()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        foreach (SaCommit login in (SaCommit[])[Login(Home, 2, "bob", port: 2), Login(Home, 3, "alice", port: 3, own: "other")])
        {
            Assert.Empty((await Store.TryAsync(login)).Displaced);
        }

        Assert.Equal(Displacement.None, await MarkAsync(Home, 1));
    }

    [Fact]
    public async Task Of_two_logins_in_one_batch_the_later_wins()
    {
        SaCommit[] logins = [Login(Home, 1, "alice", port: 1), Login(Elsewhere, 2, "alice", port: 2)];
        ImmutableArray<SaOutcome> outcomes = await Store.CommitAsync(new CommitBatch([.. logins]), CancellationToken.None);
        Assert.All(outcomes, outcome => Assert.Equal(SaOutcomeKind.Committed, outcome.Kind));
        Assert.Empty(outcomes[0].Displaced);
        Assert.Equal([new DisplacedSa(Spi(1), Displacement.Replaced)], outcomes[1].Displaced);
    }

    [Fact]
    public async Task A_login_that_is_tried_again_tells_again_whom_it_displaced()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        SaCommit login = Login(Home, 2, "alice", port: 2);
        SaOutcome first = await Store.TryAsync(login);
        SaOutcome again = await Store.TryAsync(login);
        Assert.Equal([new DisplacedSa(Spi(1), Displacement.Replaced)], first.Displaced);
        Assert.Equal(first.Displaced, again.Displaced);
    }

    [Fact]
    public async Task The_mark_is_in_the_rows_that_are_read_and_goes_with_them()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        await Store.MustAsync(Login(Elsewhere, 2, "alice", port: 2));
        SaRow row = Assert.Single(await Store.ListAsync(Home.Shard, IkeSpi.Zero, 10, CancellationToken.None));
        Assert.Equal(Displacement.Replaced, row.Displaced);
        await Store.MustAsync(Of(Home, Update(1, 2)));
        Assert.Equal(Displacement.Replaced, await MarkAsync(Home, 1));
        await Store.MustAsync(Of(Home, Delete(1, 3)));
        Assert.Empty((await Store.TryAsync(Login(Home, 3, "alice", port: 2, UniquePolicy.No))).Displaced);
    }

    [Fact]
    public async Task An_ike_rekey_takes_the_session_along()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        await Store.MustAsync(Of(Home, Update(1, 2), Insert(7, "rekeyed", Spi(1))));
        Assert.Equal(
            [new DisplacedSa(Spi(7), Displacement.Replaced)], (await Store.TryAsync(Login(Elsewhere, 2, "alice", port: 2))).Displaced);
        await Store.MustAsync(Of(Home, Delete(1, 3)));
        Assert.Equal(Displacement.Replaced, await MarkAsync(Home, 7));
    }

    [Fact]
    public async Task An_ike_rekey_that_comes_after_takes_the_mark_along_and_tells_of_it()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        await Store.MustAsync(Login(Elsewhere, 2, "alice", port: 2));
        SaCommit rekey = Of(Home, Update(1, 2), Insert(7, "rekeyed", Spi(1)));
        Assert.Equal([new DisplacedSa(Spi(7), Displacement.Replaced)], (await Store.TryAsync(rekey)).Displaced);
        Assert.Equal([new DisplacedSa(Spi(7), Displacement.Replaced)], (await Store.TryAsync(rekey)).Displaced);
        Assert.Equal(Displacement.None, await MarkAsync(Home, 1));
    }

    [Fact]
    public async Task Initial_contact_overtakes_a_gentler_mark()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        await Store.MustAsync(Login(Home, 2, "alice", port: 2));
        await Store.MustAsync(Login(Home, 3, "alice", port: 3, isInitialContact: true));
        Assert.Equal(Displacement.InitialContact, await MarkAsync(Home, 1));
        Assert.Equal(Displacement.InitialContact, await MarkAsync(Home, 2));
        await Store.MustAsync(Login(Home, 4, "alice", port: 4));
        Assert.Equal(Displacement.InitialContact, await MarkAsync(Home, 1));
    }

    [Fact]
    public async Task Past_the_limit_a_login_is_refused_and_sessions_of_another_connection_are_not_counted()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1, UniquePolicy.No, limit: 2));
        await Store.MustAsync(Login(Home, 2, "alice", port: 2, UniquePolicy.No, limit: 2, own: "other"));
        await Store.MustAsync(Login(Home, 3, "alice", port: 3, UniquePolicy.No, limit: 2));
        SaOutcome outcome = await Store.TryAsync(Login(Home, 4, "alice", port: 4, UniquePolicy.No, limit: 2));
        Assert.Equal((SaOutcomeKind.Conflict, SessionRefusal.TooManySessions), (outcome.Kind, outcome.Refusal));
        Assert.Null(await Store.ReadAsync(Home, 4));
        await Store.MustAsync(Login(Home, 4, "bob", port: 4, UniquePolicy.No, limit: 2));
        await Store.MustAsync(Login(Home, 5, "alice", port: 5, limit: 2));
        Assert.Equal(Displacement.Replaced, await MarkAsync(Home, 1));
        Assert.Equal(Displacement.None, await MarkAsync(Home, 2));
        Assert.Equal(Displacement.Replaced, await MarkAsync(Home, 3));
    }

    [Fact]
    public async Task At_the_limit_the_same_client_may_log_in_anew_and_its_old_SA_counts_no_more()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1, UniquePolicy.No, limit: 1));
        SaOutcome outcome = await Store.TryAsync(Login(Home, 2, "alice", port: 1, UniquePolicy.No, limit: 1));
        Assert.Equal([new DisplacedSa(Spi(1), Displacement.Reauthenticated)], outcome.Displaced);
        Assert.Equal(
            SessionRefusal.TooManySessions, (await Store.TryAsync(Login(Home, 3, "alice", port: 3, UniquePolicy.No, limit: 1))).Refusal);
    }

    [Fact]
    public async Task Where_the_peer_went_its_session_is()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        await Store.MustAsync(Of(Home, Update(1, 2) with { MovedTo = Seat("alice", 9).Remote }));
        Assert.Equal(
            [new DisplacedSa(Spi(1), Displacement.Reauthenticated)], (await Store.TryAsync(Login(Home, 2, "alice", port: 9))).Displaced);
    }

    [Fact]
    public async Task A_displaced_SA_shares_its_address_and_the_last_holder_frees_it()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1).Leasing("10.64.0.1", "alice", 1));
        await Store.MustAsync(Login(Elsewhere, 2, "alice", port: 2).Leasing("10.64.0.1", "alice", 2));
        Assert.Equal([Held("10.64.0.1", 1, 1), Held("10.64.0.1", 2, 2)], await LeasesAsync());
        await Store.MustAsync(Of(Home, Delete(1, 2)));
        SaOutcome stranger = await Store.TryAsync(Login(Home, 3, "bob", port: 3).Leasing("10.64.0.1", "bob", 3));
        Assert.Equal(new LeasedAddress("rw4", Address("10.64.0.1")), stranger.Clash);
        Assert.Equal([Held("10.64.0.1", 2, 2)], await LeasesAsync());
        await Store.MustAsync(Of(Elsewhere, Delete(2, 2)));
        Assert.Equal([new LeaseRow("rw4", Address("10.64.0.1"), "alice", null)], await LeasesAsync());
    }

    [Theory]
    [InlineData(1, SaOutcomeKind.Committed)]
    [InlineData(2, SaOutcomeKind.Conflict)]
    public async Task Without_replacing_only_the_same_client_shares(ushort port, SaOutcomeKind expected)
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1, UniquePolicy.No).Leasing("10.64.0.1", "alice", 1));
        SaOutcome outcome = await Store.TryAsync(Login(Home, 2, "alice", port, UniquePolicy.No).Leasing("10.64.0.1", "alice", 2));
        Assert.Equal(expected, outcome.Kind);
    }

    [Fact]
    public async Task The_same_peer_under_another_of_our_names_shares_no_address()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1).Leasing("10.64.0.1", "alice", 1));
        SaOutcome outcome = await Store.TryAsync(Login(Home, 2, "alice", port: 1, own: "other").Leasing("10.64.0.1", "alice", 2));
        Assert.Equal(SaOutcomeKind.Conflict, outcome.Kind);
        Assert.Equal(Displacement.None, await MarkAsync(Home, 1));
    }

    [Fact]
    public async Task A_conflict_about_an_address_leaves_everybodys_session_as_it_was()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1));
        await Store.MustAsync(Login(Home, 9, "bob", port: 9).Leasing("10.64.0.1", "bob", 9));
        SaOutcome outcome = await Store.TryAsync(Login(Home, 2, "alice", port: 2).Leasing("10.64.0.1", "alice", 2));
        Assert.Equal(SaOutcomeKind.Conflict, outcome.Kind);
        Assert.Equal(Displacement.None, await MarkAsync(Home, 1));
        await Store.MustAsync(Login(Home, 3, "alice", port: 3, UniquePolicy.No, limit: 2));
    }

    [Fact]
    public async Task Both_holders_of_an_address_may_rekey()
    {
        await Store.MustAsync(Login(Home, 1, "alice", port: 1).Leasing("10.64.0.1", "alice", 1));
        await Store.MustAsync(Login(Home, 2, "alice", port: 2).Leasing("10.64.0.1", "alice", 2));
        await Store.MustAsync(Of(Home, Update(1, 2), Insert(11, "rekeyed", Spi(1))));
        await Store.MustAsync(Of(Home, Update(2, 2), Insert(12, "rekeyed", Spi(2))));
        await Store.MustAsync(Of(Home, Delete(1, 3)));
        await Store.MustAsync(Of(Home, Delete(2, 3)));
        Assert.Equal([Held("10.64.0.1", 11, 1), Held("10.64.0.1", 12, 2)], await LeasesAsync());
    }

    [Fact]
    public async Task Of_pools_that_are_no_more_free_addresses_are_forgotten_and_held_ones_stay()
    {
        await Store.MustAsync(Login(Home, 1, "alice").Leasing("10.64.0.1", "alice", 1));
        await Store.MustAsync(Login(Home, 2, "bob").Leasing("10.64.0.2", "bob", 2));
        await Store.MustAsync(Of(Home, Delete(1, 2)));
        await Store.PruneLeasesAsync(["rw4", "rw6"], CancellationToken.None);
        Assert.Equal(2, (await LeasesAsync()).Length);
        await Store.PruneLeasesAsync(["rw6"], CancellationToken.None);
        Assert.Equal(Spi(2), Assert.Single(await LeasesAsync()).LocalSpi);
    }

    private static LeaseRow Held(string address, ulong spi, ushort port) =>
        new("rw4", Address(address), "alice", Spi(spi), Seat("alice", port));

    private async Task<Displacement> MarkAsync(ShardClaim claim, ulong spi) =>
        (await Store.LoadAsync(claim.Shard, Spi(spi), CancellationToken.None))!.Displaced;

    private ValueTask<ImmutableArray<LeaseRow>> LeasesAsync() => Store.ListLeasesAsync(CancellationToken.None);
}
