using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>
/// Which store this is, and whether the configured cluster keys are the ones it was sealed with: for each key version
/// that ever sealed a row it keeps a canary, a row of nothing, that must open.
/// </summary>
internal static class SqliteIdentity
{
    private const string IdName = "store_id";
    private const string CanaryPrefix = "canary/";

    /// <summary>The store's own number, made at its first opening.</summary>
    public static Guid Establish(SqliteConnection connection, string path, RowCipher cipher, IEntropy entropy)
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        foreach ((byte version, byte[] canary) in Canaries(connection))
        {
            Check(connection, path, cipher, version, canary);
        }

        Put(connection, CanaryPrefix + cipher.Newest, cipher.Seal(SeatOf(cipher.Newest), []));
        byte[] fresh = new byte[16];
        entropy.FillPublic(fresh);
        Put(connection, IdName, fresh);
        byte[] id = connection.Ask<byte[]>($"SELECT value FROM meta WHERE name = '{IdName}'")!;
        transaction.Commit();
        return new Guid(id);
    }

    private static void Check(SqliteConnection connection, string path, RowCipher cipher, byte version, byte[] canary)
    {
        if (cipher.Knows(version))
        {
            if (cipher.Open(RowCipher.Format, version, SeatOf(version), canary) is null)
            {
                throw new StoreException(
                    $"{path}: sealed with another cluster key of version {version}: put that key back under cluster.keys, "
                    + "or move the store away and start empty");
            }
        }
        else if (connection.Ask<long>($"SELECT EXISTS (SELECT 1 FROM sa WHERE key_version = {version} AND deleted_at IS NULL)") == 1)
        {
            throw new StoreException(
                $"{path}: holds rows sealed with cluster key version {version}, which cluster.keys does not list: list it");
        }
    }

    private static List<(byte Version, byte[] Canary)> Canaries(SqliteConnection connection)
    {
        using SqliteCommand command = connection.Prepare($"SELECT name, value FROM meta WHERE name LIKE '{CanaryPrefix}%'");
        using SqliteDataReader reader = command.ExecuteReader();
        List<(byte, byte[])> found = [];
        while (reader.Read())
        {
            found.Add((byte.Parse(reader.GetString(0).AsSpan(CanaryPrefix.Length), null), reader.GetBlob(1)));
        }

        return found;
    }

    /// <summary>Keeps what is there.</summary>
    private static void Put(SqliteConnection connection, string name, byte[] value)
    {
        using SqliteCommand command = connection.Prepare(
            "INSERT INTO meta (name, value) VALUES ($name, $value) ON CONFLICT DO NOTHING", "$name", "$value");
        command.With(name, value).ExecuteNonQuery();
    }

    /// <summary>No SA sits there: shards go to 4095, and no SPI is zero.</summary>
    private static RowSeat SeatOf(byte version) => new(new ShardId(ushort.MaxValue), IkeSpi.Zero, version, new Epoch(0));
}
