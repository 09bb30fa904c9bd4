using System.Collections.Immutable;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.Store;
using IkeCluster.Store.Sqlite;
using static IkeCluster.Tests.Store.Commits;

namespace IkeCluster.Tests.Store;

/// <summary>
/// The same random commits go to both stores, sound ones and unsound ones: the outcomes are the same, and so is what is
/// there in the end. Few SPIs and addresses, so that clashes are common.
/// </summary>
public sealed class TwoStoresTests
{
    private const int Shards = 2;
    private const int Batches = 250;
    private const int Seen = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Sqlite_and_memory_answer_alike(int seed)
    {
        using var folder = new StoreFolder();
        await using SqliteShardStore sqlite = folder.Open();
        var memory = new MemoryShardStore();
        var script = new Script(new Random(seed));
        List<SaOutcomeKind> outcomes = [];
        int displaced = 0;
        int refused = 0;
        for (int i = 0; i < Batches; i++)
        {
            if (i % 40 == 0)
            {
                ImmutableArray<ShardClaim> claims = await memory.ClaimAsync("node-1", Shards, CancellationToken.None);
                Assert.Equal(claims, await sqlite.ClaimAsync("node-1", Shards, CancellationToken.None));
                script.Claimed(claims);
            }

            CommitBatch batch = script.Next();
            ImmutableArray<SaOutcome> expected = await memory.CommitAsync(batch, CancellationToken.None);
            Assert.Equal(Tell(expected), Tell(await sqlite.CommitAsync(batch, CancellationToken.None)));
            outcomes.AddRange(expected.Select(outcome => outcome.Kind));
            displaced += expected.Count(outcome => !outcome.Displaced.IsDefaultOrEmpty);
            refused += expected.Count(outcome => outcome.Refusal != SessionRefusal.None);
        }

        Assert.InRange(displaced, Seen, Batches);
        Assert.InRange(refused, Seen, Batches);
        Assert.All(
            [SaOutcomeKind.Committed, SaOutcomeKind.Conflict, SaOutcomeKind.Fenced],
            kind => Assert.InRange(outcomes.Count(one => one == kind), Batches / 10, outcomes.Count));

        Assert.Equal(await TellAsync(memory), await TellAsync(sqlite));
    }

    private static string Tell(ImmutableArray<SaOutcome> outcomes) => string.Join('\n', outcomes.Select(one =>
        $"{one.Kind} {one.Detail} {one.Clash} {one.Refusal} {(one.Displaced.IsDefault ? "" : string.Join(' ', one.Displaced))}"));

    private static async Task<string> TellAsync(IShardStore store)
    {
        List<string> lines = [];
        for (int shard = 0; shard < Shards; shard++)
        {
            ImmutableArray<SaRow> rows = await store.ListAsync(Shard(shard), IkeSpi.Zero, int.MaxValue, CancellationToken.None);
            lines.AddRange(rows.Select(row => $"{row.Shard} {row.LocalSpi} {row.RowVersion} {Convert.ToHexString(row.Snapshot.Span)} {row.Displaced}"));
            ImmutableArray<IkeSpi> live = await store.ListLiveSpisAsync(Shard(shard), CancellationToken.None);
            Assert.Equal(rows.Select(row => row.LocalSpi), live);
        }

        lines.AddRange((await store.ListLeasesAsync(CancellationToken.None)).Select(lease => $"{lease}"));
        return string.Join('\n', lines);
    }

    /// <summary>Makes commits that are mostly what an actor would send next, and sometimes stale, doubled or greedy.</summary>
    private sealed class Script(Random random)
    {
        private const int SpisPerShard = 6;
        private readonly Dictionary<ulong, long> _versions = [];
        private readonly HashSet<ulong> _deleted = [];
        private readonly Dictionary<int, int> _generations = [];
        private readonly List<SaCommit> _sent = [];
        private ImmutableArray<ShardClaim> _claims;
        private ImmutableArray<ShardClaim> _staleClaims;

        public void Claimed(ImmutableArray<ShardClaim> claims)
        {
            _staleClaims = _claims.IsDefault ? claims : _claims;
            _claims = claims;
        }

        public CommitBatch Next() => new([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => NextCommit())]);

        private SaCommit NextCommit()
        {
            if (_sent.Count > 0 && random.Next(6) == 0)
            {
                return _sent[random.Next(Math.Max(0, _sent.Count - 8), _sent.Count)];
            }

            int shard = random.Next(Shards);
            ShardClaim claim = (random.Next(10) == 0 ? _staleClaims : _claims)[shard];
            ulong first = SpiIn(shard);
            ulong second = SpiIn(shard);
            SaCommit commit = random.Next(5) == 0 && first != second
                ? Of(claim, WriteOf(first), WriteOf(second) with { MovesLeasesFrom = Spi(first) })
                : Of(claim, WriteOf(first));
            if (random.Next(3) == 0)
            {
                commit = commit.Leasing($"10.64.0.{random.Next(4)}", $"user-{random.Next(3)}", first);
            }

            if (commit.Rows is [{ Kind: SaWriteKind.Insert }] && random.Next(4) != 0)
            {
                commit = commit with { Session = new SessionClaim(Spi(first), NextSeat(), NextRule()) };
            }
            else if (random.Next(4) == 0)
            {
                commit = commit with { Rows = commit.Rows.SetItem(0, commit.Rows[0] with { MovedTo = NextSeat().Remote }) };
            }

            _sent.Add(commit);
            return commit;
        }

        private SessionSeat NextSeat() => Seat($"user-{random.Next(3)}", (ushort)random.Next(1, 3), $"vpn-{random.Next(2)}");

        private SessionRule NextRule() => new((UniquePolicy)random.Next(4), random.Next(6) == 0, random.Next(4) == 0 ? 2 : 0);

        /// <summary>SAs that were to be deleted make room for new ones, mostly.</summary>
        private ulong SpiIn(int shard)
        {
            int seat = (shard * SpisPerShard) + random.Next(SpisPerShard) + 1;
            ulong spi = (ulong)(seat + (1000 * _generations.GetValueOrDefault(seat)));
            if (_deleted.Contains(spi) && random.Next(4) != 0)
            {
                _generations[seat] = _generations.GetValueOrDefault(seat) + 1;
            }

            return spi;
        }

        private RowWrite WriteOf(ulong spi)
        {
            long version = _versions.GetValueOrDefault(spi) + (random.Next(10) == 0 ? 2 : 1);
            RowWrite write = (version, random.Next(5)) switch
            {
                (1, _) => Insert(spi, $"{spi}"),
                (_, 0) => Delete(spi, version),
                _ => Update(spi, version, $"{spi} at {version}"),
            };
            _versions[spi] = version;
            if (write.Kind == SaWriteKind.Delete)
            {
                _deleted.Add(spi);
            }

            return write;
        }
    }
}
