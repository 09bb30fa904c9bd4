using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>The database file: opens connections to it, and says in an operator's words why that failed.</summary>
internal sealed class SqliteFile(SqliteStoreOptions options)
{
    /// <summary>A lock that another process holds is waited for this long, then the group is answered Unknown.</summary>
    private const int BusySeconds = 1;

    /// <summary>4 KiB each: the WAL is copied into the database after 16 MiB, by the commit that passes it.</summary>
    private const int PagesPerCheckpoint = 4096;

    public string Path => options.Path;

    /// <summary>Makes the file where it is absent, for its owner's eyes only; SQLite gives -wal and -shm the same mode.</summary>
    public void Create()
    {
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
            using var file = new FileStream(Path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{Path}: cannot make or open the store: {fault.Message}", fault);
        }
    }

    public SqliteConnection OpenWriter()
    {
        SqliteConnection connection = Open(SqliteOpenMode.ReadWrite);
        try
        {
            SetUp(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public SqliteConnection OpenReader() => Open(SqliteOpenMode.ReadOnly);

    private void SetUp(SqliteConnection connection)
    {
        if (!string.Equals(connection.Ask<string>("PRAGMA journal_mode = WAL"), "wal", StringComparison.Ordinal))
        {
            throw new StoreException($"{Path}: this file system cannot hold a write-ahead log; put node.data on a local disk");
        }

        connection.Do($"PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = {PagesPerCheckpoint}");
        if (options.PagesMax() is > 0 and int pages)
        {
            connection.Do($"PRAGMA max_page_count = {pages}");
        }
    }

    private SqliteConnection Open(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = Path,
            Mode = mode,
            Pooling = false,
            ForeignKeys = true,
            DefaultTimeout = BusySeconds,
        }.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>One line for the operator.</summary>
    public string Describe(SqliteException fault) => fault.SqliteErrorCode switch
    {
        SqliteCodes.Busy or SqliteCodes.Locked => $"{Path}: another process holds the write lock of the store",
        SqliteCodes.ReadOnly or SqliteCodes.Permission or SqliteCodes.CannotOpen =>
            $"{Path}: cannot open or write the store: check that it exists and that this user may write it and its folder",
        SqliteCodes.Full => $"{Path}: no space left for the store: free some on its disk",
        SqliteCodes.IoError => $"{Path}: the disk failed (SQLite {fault.SqliteExtendedErrorCode}): {fault.Message}",
        SqliteCodes.Corrupt => $"{Path}: the store is damaged: put a backup back, or move the file away and start empty",
        SqliteCodes.NotADatabase => $"{Path}: this is not a SQLite database",
        _ => $"{Path}: SQLite {fault.SqliteExtendedErrorCode}: {fault.Message}",
    };

    /// <summary>Runs something that may fail at the file, and turns that into one line.</summary>
    public T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException fault)
        {
            throw new StoreException(Describe(fault), fault);
        }
    }
}
