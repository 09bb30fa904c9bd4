using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>
/// Connections that read beside the writer (WAL: neither waits for the other). A read runs on a thread of the pool, so
/// that a cold page stalls no loop.
/// </summary>
internal sealed class SqliteReaders(SqliteFile file, RowCipher cipher, SqliteStoreOptions options) : IDisposable
{
    private readonly SemaphoreSlim _places = new(options.ReadersMax);
    private readonly ConcurrentBag<RowReader> _idle = [];

    public async ValueTask<T> RunAsync<T>(Func<RowReader, T> read, CancellationToken stop)
    {
        await _places.WaitAsync(stop);
        try
        {
            return await Task.Run(() => file.Guard(() => Run(read)), stop);
        }
        finally
        {
            _places.Release();
        }
    }

    private T Run<T>(Func<RowReader, T> read)
    {
        RowReader reader = _idle.TryTake(out RowReader? idle) ? idle : new RowReader(file.OpenReader(), cipher, options.Trouble);
        try
        {
            T result = read(reader);
            _idle.Add(reader);
            return result;
        }
        catch (SqliteException)
        {
            reader.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out RowReader? reader))
        {
            reader.Dispose();
        }

        _places.Dispose();
    }
}
