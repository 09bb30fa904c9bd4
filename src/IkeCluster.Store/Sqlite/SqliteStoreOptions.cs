namespace IkeCluster.Store.Sqlite;

/// <summary>Where the SQLite store lies, and its limits.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>The database file; beside it lie its -wal, its -shm and its highest epoch (.epoch).</summary>
    public required string Path { get; init; }

    /// <summary>How long a deleted SA's row is remembered: longer than any peer repeats a request (RFC 7296 §2.4: some minutes).</summary>
    public TimeSpan TombstonesFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>SA commits that share one transaction, and so one fsync.</summary>
    public int CommitsPerGroupMax { get; init; } = 1024;

    /// <summary>Batches that may wait for the writer; past it a batch is answered Unknown at once.</summary>
    public int BatchesQueuedMax { get; init; } = 4096;

    /// <summary>Connections that read, each on a thread of the pool while it does.</summary>
    public int ReadersMax { get; init; } = 4;

    /// <summary>Told of what an operator should know and no caller is told: a row that does not open, epochs that were raised.</summary>
    public Action<string> Trouble { get; init; } = _ => { };

    /// <summary>Pages the file may have, 0: as many as the disk holds. Stands in for a full disk in tests.</summary>
    internal Func<int> PagesMax { get; init; } = () => 0;
}
