using System.Globalization;
using IkeCluster.Cluster.Admission;
using IkeCluster.Cluster.Ports;
using IkeCluster.Crypto;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using IkeCluster.Store;
using Microsoft.Data.Sqlite;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>Reads an SA's state out of a node's SQLite file, with the cluster key that lies beside it.</summary>
internal static class StoredState
{
    private const byte KeyVersion = 1;

    public static IkeSaState Read(string dataFolder, string localSpi)
    {
        using SecretBytes clusterKey = SecretBytes.CopyOf(
            Convert.FromHexString(File.ReadAllText(Path.Combine(dataFolder, "cluster.key")).Trim()));
        using ClusterKeys keys = ClusterKeys.From([(KeyVersion, clusterKey)]);
        using SqliteConnection connection = new(
            $"Data Source={Path.Combine(dataFolder, "ikenode.db")};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using SqliteCommand query = connection.CreateCommand();
        query.CommandText =
            "SELECT shard, row_version, epoch, format, key_version, sealed FROM sa WHERE local_spi = $spi";
        query.Parameters.AddWithValue("$spi", Convert.FromHexString(localSpi));
        using SqliteDataReader row = query.ExecuteReader();
        Assert.True(row.Read(), $"no row of {localSpi}");

        IkeSpi spi = new(ulong.Parse(localSpi, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        RowSeat seat = new(
            new ShardId((ushort)row.GetInt32(0)), spi, row.GetInt64(1), new Epoch((uint)row.GetInt64(2)));
        byte[]? plain = new RowCipher(keys, new NoEntropy())
            .Open(row.GetByte(3), row.GetByte(4), seat, row.GetFieldValue<byte[]>(5));
        Assert.NotNull(plain);
        IkeSaState? state = Snapshot.TryRead(plain, seat.RowVersion, out string fault);
        return state ?? throw new InvalidOperationException(fault);
    }
}
