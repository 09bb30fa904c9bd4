using System.Collections.Immutable;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Engine.Policy;
using IkeCluster.Protocol.Values;
using IkeCluster.Store;
using IkeCluster.Store.Sqlite;

namespace IkeCluster.Tests.Store;

/// <summary>Octets that count up: enough where nothing hangs on their being random, and no two draws are alike.</summary>
internal sealed class CountingEntropy : IEntropy
{
    private ulong _drawn;

    public void FillPublic(Span<byte> visibleOnTheWire) => Fill(visibleOnTheWire);

    public void FillSecret(Span<byte> neverLeaves) => Fill(neverLeaves);

    private void Fill(Span<byte> octets)
    {
        octets.Clear();
        BitConverter.TryWriteBytes(octets, ++_drawn);
    }
}

/// <summary>A folder of its own for one SQLite store, gone with the test.</summary>
internal sealed class StoreFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ikecluster-store-");
    private readonly CountingEntropy _entropy = new();

    public string Path => System.IO.Path.Combine(_folder.FullName, "ikenode.db");

    public List<string> Troubles { get; } = [];

    public static RowCipher Cipher(IEntropy entropy, byte filler = 0x5a, byte version = 1) =>
        Cipher(entropy, (version, filler));

    public static RowCipher Cipher(IEntropy entropy, params (byte Version, byte Filler)[] keys) =>
        new(ClusterKeys.From([.. keys.Select(key => (key.Version, SecretBytes.CopyOf([.. Enumerable.Repeat(key.Filler, 32)])))]), entropy);

    public SqliteShardStore Open(Func<SqliteStoreOptions, SqliteStoreOptions>? change = null, RowCipher? cipher = null) =>
        OpenAt(Path, change, cipher);

    public SqliteShardStore OpenAt(string path, Func<SqliteStoreOptions, SqliteStoreOptions>? change = null, RowCipher? cipher = null)
    {
        var options = new SqliteStoreOptions { Path = path, Trouble = Tell };
        return SqliteShardStore.Open(change?.Invoke(options) ?? options, cipher ?? Cipher(_entropy), _entropy);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private void Tell(string trouble)
    {
        lock (Troubles)
        {
            Troubles.Add(trouble);
        }
    }
}

/// <summary>Short words for commits.</summary>
internal static class Commits
{
    private static long _lastId;

    public static ShardId Shard(int id) => new((ushort)id);

    public static IkeSpi Spi(ulong value) => new(value);

    public static byte[] Snapshot(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    public static SaCommit Of(ShardClaim claim, params ImmutableArray<RowWrite> rows) =>
        new((UInt128)Interlocked.Increment(ref _lastId), claim.Shard, claim.Epoch, rows, []);

    public static RowWrite Insert(ulong spi, string snapshot = "inserted", IkeSpi? movesLeasesFrom = null) =>
        new(SaWriteKind.Insert, Spi(spi), 1, Snapshot(snapshot), movesLeasesFrom);

    public static RowWrite Update(ulong spi, long version, string snapshot = "updated") =>
        new(SaWriteKind.Update, Spi(spi), version, Snapshot(snapshot));

    public static RowWrite Delete(ulong spi, long version) => new(SaWriteKind.Delete, Spi(spi), version, default);

    public static SaCommit Leasing(this SaCommit commit, string address, string identity, ulong spi) => commit with
    {
        Claims = commit.Claims.Add(new LeaseClaim("rw4", Address(address), identity, Spi(spi))),
    };

    /// <summary>A login of a peer, who comes from a port of a documentation address.</summary>
    public static SaCommit Login(
        ShardClaim claim, ulong spi, string peer, ushort port = 4500, UniquePolicy unique = UniquePolicy.Replace, bool isInitialContact = false,
        int limit = 0, string own = "vpn") => Of(claim, Insert(spi)) with
        {
            Session = new SessionClaim(Spi(spi), Seat(peer, port, own), new SessionRule(unique, isInitialContact, limit)),
        };

    public static SessionSeat Seat(string peer, ushort port, string own = "vpn") =>
        new(new SessionKey(peer, own), new UdpEndpoint(Address("203.0.113.1"), port));

    public static IpAddress Address(string text) =>
        IpAddress.TryParse(text, out IpAddress address) ? address : throw new ArgumentException(text, nameof(text));

    public static async Task<SaOutcome> TryAsync(this IShardStore store, SaCommit commit) =>
        (await store.CommitAsync(new CommitBatch([commit]), CancellationToken.None))[0];

    public static async Task<ImmutableArray<SaOutcomeKind>> TryAllAsync(this IShardStore store, params ImmutableArray<SaCommit> commits) =>
        [.. (await store.CommitAsync(new CommitBatch(commits), CancellationToken.None)).Select(outcome => outcome.Kind)];

    public static async Task MustAsync(this IShardStore store, SaCommit commit)
    {
        SaOutcome outcome = await store.TryAsync(commit);
        Assert.True(outcome.Kind == SaOutcomeKind.Committed, outcome.Detail);
    }

    public static async Task<string?> ReadAsync(this IShardStore store, ShardClaim claim, ulong spi)
    {
        SaRow? row = await store.LoadAsync(claim.Shard, Spi(spi), CancellationToken.None);
        return row is null ? null : $"{System.Text.Encoding.UTF8.GetString(row.Snapshot.Span)} v{row.RowVersion}";
    }
}
