using System.Collections.Immutable;
using IkeCluster.Cluster.Ports;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>One read connection and its prepared statements; opens the seals. A row that does not open is told and left out.</summary>
internal sealed class RowReader(SqliteConnection connection, RowCipher cipher, Action<string> trouble) : IDisposable
{
    private const string SealedRows =
        "SELECT sa.local_spi, row_version, epoch, format, key_version, sealed, displaced "
        + "FROM sa LEFT JOIN session ON session.local_spi = sa.local_spi";

    private readonly SqliteCommand _load = connection.Prepare(
        $"{SealedRows} WHERE shard = $shard AND sa.local_spi = $spi AND deleted_at IS NULL", "$shard", "$spi");

    private readonly SqliteCommand _list = connection.Prepare(
        $"{SealedRows} WHERE shard = $shard AND sa.local_spi > $after AND deleted_at IS NULL ORDER BY sa.local_spi", "$shard", "$after");

    private readonly SqliteCommand _listSpis = connection.Prepare(
        "SELECT local_spi FROM sa WHERE shard = $shard AND deleted_at IS NULL ORDER BY local_spi", "$shard");

    private readonly SqliteCommand _listLeases = connection.Prepare(
        "SELECT lease.pool, lease.address, identity, lease_holder.local_spi, peer, own, remote FROM lease "
        + "LEFT JOIN lease_holder ON lease_holder.pool = lease.pool AND lease_holder.address = lease.address "
        + "LEFT JOIN session ON session.local_spi = lease_holder.local_spi "
        + "ORDER BY lease.pool, lease.address, lease_holder.local_spi");

    public SaRow? Load(ShardId shard, IkeSpi localSpi)
    {
        using SqliteDataReader reader = _load.With(shard.Value, localSpi.ToColumn()).ExecuteReader();
        return reader.Read() ? Open(reader, shard) : null;
    }

    public ImmutableArray<SaRow> List(ShardId shard, IkeSpi after, int limit)
    {
        using SqliteDataReader reader = _list.With(shard.Value, after.ToColumn()).ExecuteReader();
        ImmutableArray<SaRow>.Builder rows = ImmutableArray.CreateBuilder<SaRow>();
        while (rows.Count < limit && reader.Read())
        {
            if (Open(reader, shard) is { } row)
            {
                rows.Add(row);
            }
        }

        return rows.DrainToImmutable();
    }

    public ImmutableArray<IkeSpi> ListLiveSpis(ShardId shard)
    {
        using SqliteDataReader reader = _listSpis.With(shard.Value).ExecuteReader();
        ImmutableArray<IkeSpi>.Builder spis = ImmutableArray.CreateBuilder<IkeSpi>();
        while (reader.Read())
        {
            spis.Add(reader.GetSpi(0));
        }

        return spis.DrainToImmutable();
    }

    public ImmutableArray<LeaseRow> ListLeases()
    {
        using SqliteDataReader reader = _listLeases.ExecuteReader();
        ImmutableArray<LeaseRow>.Builder leases = ImmutableArray.CreateBuilder<LeaseRow>();
        while (reader.Read())
        {
            IkeSpi? holder = reader.IsDBNull(3) ? null : reader.GetSpi(3);
            SessionSeat? seat = reader.IsDBNull(4)
                ? null
                : new SessionSeat(new SessionKey(reader.GetString(4), reader.GetString(5)), reader.GetEndpoint(6));
            leases.Add(new LeaseRow(reader.GetString(0), reader.GetAddress(1), reader.GetString(2), holder, seat));
        }

        return leases.DrainToImmutable();
    }

    public void Dispose()
    {
        _load.Dispose();
        _list.Dispose();
        _listSpis.Dispose();
        _listLeases.Dispose();
        connection.Dispose();
    }

    private SaRow? Open(SqliteDataReader reader, ShardId shard)
    {
        IkeSpi localSpi = reader.GetSpi(0);
        long version = reader.GetInt64(1);
        var seat = new RowSeat(shard, localSpi, version, new Epoch((uint)reader.GetInt64(2)));
        byte[]? snapshot = cipher.Open(reader.GetByte(3), reader.GetByte(4), seat, reader.GetBlob(5));
        if (snapshot is null)
        {
            trouble($"row {localSpi} of shard {shard} does not open: damaged, or sealed with another key; it is left out");
            return null;
        }

        return new SaRow(shard, localSpi, version, snapshot, reader.GetDisplacement(6));
    }
}
