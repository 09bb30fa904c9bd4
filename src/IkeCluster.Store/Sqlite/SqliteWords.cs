using System.Buffers.Binary;
using IkeCluster.Engine;
using IkeCluster.Protocol.Values;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>Short forms for statements, and how the protocol's numbers stand in columns.</summary>
internal static class SqliteWords
{
    private const int AddressOctets = 16;

    public static void Do(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of the first row, or null.</summary>
    public static T? Ask<T>(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is T answer ? answer : default;
    }

    /// <summary>A statement that is prepared once and run often; parameters are set by their place.</summary>
    public static SqliteCommand Prepare(this SqliteConnection connection, string sql, params ReadOnlySpan<string> parameters)
    {
        SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (string parameter in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = parameter });
        }

        command.Prepare();
        return command;
    }

    public static SqliteCommand With(this SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }

        return command;
    }

    /// <summary>8 octets in network order, so that they sort unsigned.</summary>
    public static byte[] ToColumn(this IkeSpi spi)
    {
        byte[] column = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(column, spi.Value);
        return column;
    }

    /// <summary>16 octets, IPv4 mapped.</summary>
    public static byte[] ToColumn(this IpAddress address)
    {
        byte[] column = new byte[AddressOctets];
        address.WriteMapped(column);
        return column;
    }

    /// <summary>18 octets: the address as above, and the port.</summary>
    public static byte[] ToColumn(this UdpEndpoint endpoint)
    {
        byte[] column = new byte[AddressOctets + sizeof(ushort)];
        endpoint.Address.WriteMapped(column);
        BinaryPrimitives.WriteUInt16BigEndian(column.AsSpan(AddressOctets), endpoint.Port);
        return column;
    }

    public static byte[] ToColumn(this UInt128 commitId)
    {
        byte[] column = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(column, commitId);
        return column;
    }

    public static byte[] GetBlob(this SqliteDataReader reader, int column) => reader.GetFieldValue<byte[]>(column);

    public static IkeSpi GetSpi(this SqliteDataReader reader, int column) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(reader.GetBlob(column)));

    public static IpAddress GetAddress(this SqliteDataReader reader, int column) => IpAddress.Read(reader.GetBlob(column));

    public static UdpEndpoint GetEndpoint(this SqliteDataReader reader, int column)
    {
        byte[] octets = reader.GetBlob(column);
        return new(IpAddress.Read(octets.AsSpan(0, AddressOctets)), BinaryPrimitives.ReadUInt16BigEndian(octets.AsSpan(AddressOctets)));
    }

    public static Displacement GetDisplacement(this SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? Displacement.None : (Displacement)reader.GetByte(column);
}
