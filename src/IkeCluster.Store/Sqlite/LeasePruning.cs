using System.Collections.Immutable;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>Takes out what nobody holds of pools that are no more, on a connection of its own.</summary>
internal static class LeasePruning
{
    /// <summary>Answers how many addresses it forgot.</summary>
    public static int Run(SqliteFile file, ImmutableArray<string> pools)
    {
        using SqliteConnection connection = file.OpenWriter();
        using SqliteCommand prune = connection.Prepare(
            "DELETE FROM lease WHERE pool = $pool AND NOT EXISTS (SELECT 1 FROM lease_holder "
            + "WHERE lease_holder.pool = lease.pool AND lease_holder.address = lease.address)",
            "$pool");
        int forgotten = 0;
        foreach (string pool in Known(connection).Where(pool => !pools.Contains(pool, StringComparer.Ordinal)))
        {
            forgotten += prune.With(pool).ExecuteNonQuery();
        }

        return forgotten;
    }

    private static List<string> Known(SqliteConnection connection)
    {
        using SqliteCommand list = connection.Prepare("SELECT DISTINCT pool FROM lease");
        using SqliteDataReader reader = list.ExecuteReader();
        List<string> pools = [];
        while (reader.Read())
        {
            pools.Add(reader.GetString(0));
        }

        return pools;
    }
}
