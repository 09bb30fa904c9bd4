using System.Collections.Immutable;
using BenchmarkDotNet.Attributes;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Commit;
using IkeCluster.Cluster.Ports;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using IkeCluster.Store;
using IkeCluster.Store.Sqlite;

namespace IkeCluster.Benchmarks.Store;

/// <summary>
/// What one SA commit costs by how many share a transaction: an update of a row of 1.5 KiB, sealed, with full
/// synchronisation to the disk under the temporary folder (TMPDIR).
/// </summary>
public class SqliteCommit
{
    private const int SnapshotOctets = 1536;
    private readonly byte[] _snapshot = new byte[SnapshotOctets];
    private DirectoryInfo _folder = null!;
    private SqliteShardStore _store = null!;
    private ShardClaim _claim;
    private long _version;
    private ulong _commits;

    [Params(1, 8, 64, 512)]
    public int SasPerBatch { get; set; }

    // The in-process toolchain of BenchmarkDotNet 0.14 does not wait for an asynchronous setup.
    [GlobalSetup]
    public void Open() => OpenAsync().GetAwaiter().GetResult();

    [GlobalCleanup]
    public void Close() => CloseAsync().GetAwaiter().GetResult();

    [Benchmark]
    public Task UpdateEachOnceAsync()
    {
        _version++;
        return CommitAsync(SaWriteKind.Update);
    }

    private async Task OpenAsync()
    {
        (_version, _commits) = (1, 0);
        _folder = Directory.CreateTempSubdirectory("ikecluster-bench-");
        var entropy = new BenchmarkEntropy();
        var cipher = new RowCipher(ClusterKeys.From([(1, new SecretBytes(32))]), entropy);
        var options = new SqliteStoreOptions { Path = Path.Combine(_folder.FullName, "ikenode.db") };
        _store = SqliteShardStore.Open(options, cipher, entropy);
        _claim = (await _store.ClaimAsync("bench", 1, CancellationToken.None))[0];
        await CommitAsync(SaWriteKind.Insert);
    }

    private async Task CloseAsync()
    {
        await _store.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task CommitAsync(SaWriteKind kind)
    {
        ImmutableArray<SaCommit>.Builder commits = ImmutableArray.CreateBuilder<SaCommit>(SasPerBatch);
        for (ulong spi = 1; spi <= (ulong)SasPerBatch; spi++)
        {
            commits.Add(new SaCommit(++_commits, _claim.Shard, _claim.Epoch, [new RowWrite(kind, new IkeSpi(spi), _version, _snapshot)], []));
        }

        ImmutableArray<SaOutcome> outcomes = await _store.CommitAsync(new CommitBatch(commits.MoveToImmutable()), CancellationToken.None);
        if (outcomes.Any(outcome => outcome.Kind != SaOutcomeKind.Committed))
        {
            throw new InvalidOperationException(outcomes.First(outcome => outcome.Kind != SaOutcomeKind.Committed).Detail);
        }
    }

    private sealed class BenchmarkEntropy : IEntropy
    {
        public void FillPublic(Span<byte> visibleOnTheWire) => System.Security.Cryptography.RandomNumberGenerator.Fill(visibleOnTheWire);

        public void FillSecret(Span<byte> neverLeaves) => System.Security.Cryptography.RandomNumberGenerator.Fill(neverLeaves);
    }
}
