using System.Buffers.Binary;
using System.Collections.Immutable;
using IkeCluster.Cluster.Ports;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>
/// Takes all shards for the one node that a SQLite store serves. A process that still has the file open from before is
/// fenced by the raised epochs.
/// </summary>
internal sealed class SqliteClaims(SqliteFile file, EpochFile epochFile, Guid store, Action<string> trouble)
{
    /// <summary>How far epochs jump when the database may have gone back in time (DESIGN.md).</summary>
    public const uint EpochsSkipped = 1 << 12;

    private const int ShardsMax = 4096;

    public ImmutableArray<ShardClaim> Claim(string node, int shards)
    {
        Epoch epoch;
        using (SqliteConnection connection = file.OpenWriter())
        using (SqliteTransaction transaction = connection.BeginTransaction())
        {
            SettleShardCount(connection, shards);
            epoch = NextEpoch(connection);
            TakeAll(connection, node, shards, epoch);
            transaction.Commit();
        }

        // After the database: a crash between the two leaves an epoch that nobody used.
        RememberHighest(epoch);
        return [.. Enumerable.Range(0, shards).Select(shard => new ShardClaim(new ShardId((ushort)shard), epoch))];
    }

    private void SettleShardCount(SqliteConnection connection, int shards)
    {
        if (shards is < 1 or > ShardsMax)
        {
            throw new StoreException($"cluster.shards: {shards} is not between 1 and {ShardsMax}");
        }

        byte[] wanted = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(wanted, shards);
        using SqliteCommand insert = connection.Prepare(
            "INSERT INTO meta (name, value) VALUES ('shards', $shards) ON CONFLICT DO NOTHING", "$shards");
        insert.With(wanted).ExecuteNonQuery();
        int settled = BinaryPrimitives.ReadInt32BigEndian(connection.Ask<byte[]>("SELECT value FROM meta WHERE name = 'shards'"));
        if (settled != shards)
        {
            throw new StoreException(
                $"cluster.shards: {shards} is not what {file.Path} was first started with; set it back to {settled}");
        }
    }

    private Epoch NextEpoch(SqliteConnection connection)
    {
        uint inDatabase = (uint)connection.Ask<long>("SELECT coalesce(max(epoch), 0) FROM shard");
        uint? inFile = epochFile.Read(store);
        bool mayHaveGoneBack = inDatabase > 0 && (inFile is null || inFile > inDatabase);
        uint highest = Math.Max(inDatabase, inFile ?? 0);
        uint next = highest + (mayHaveGoneBack ? EpochsSkipped : 1);
        if (next > Epoch.Max)
        {
            throw new StoreException($"{file.Path}: its epochs are used up; move the store away and start empty");
        }

        if (mayHaveGoneBack)
        {
            trouble($"{file.Path}: the store may have gone back in time (epoch {inDatabase}, used before: "
                + $"{inFile?.ToString(null, null) ?? "unknown"}); epochs go on at {next}");
        }

        return new Epoch(next);
    }

    private static void TakeAll(SqliteConnection connection, string node, int shards, Epoch epoch)
    {
        using SqliteCommand register = connection.Prepare(
            "INSERT INTO node (name, claimed_at) VALUES ($name, unixepoch()) ON CONFLICT DO UPDATE SET claimed_at = excluded.claimed_at",
            "$name");
        register.With(node).ExecuteNonQuery();
        using SqliteCommand take = connection.Prepare(
            "INSERT INTO shard (id, owner, epoch) VALUES ($id, $owner, $epoch) "
            + "ON CONFLICT DO UPDATE SET owner = excluded.owner, epoch = excluded.epoch",
            "$id", "$owner", "$epoch");
        for (int shard = 0; shard < shards; shard++)
        {
            take.With(shard, node, epoch.Value).ExecuteNonQuery();
        }
    }

    private void RememberHighest(Epoch epoch)
    {
        try
        {
            epochFile.Write(store, epoch.Value);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{file.Path}.epoch: cannot be written: {fault.Message}", fault);
        }
    }
}
