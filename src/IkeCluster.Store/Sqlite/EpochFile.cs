using System.Globalization;

namespace IkeCluster.Store.Sqlite;

/// <summary>
/// The highest epoch ever used with a database, in a file of its own: when the database is put back from a copy, this one
/// still knows better (DESIGN.md, A store that goes back in time).
/// </summary>
internal sealed class EpochFile(string path)
{
    private const string Mark = "ikecluster-epoch";

    /// <summary>
    /// Null where there is no file, or none for this store that can be read: then nobody can say that the database did
    /// not go back, and the caller takes it that it did.
    /// </summary>
    public uint? Read(Guid store)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string[] words = Guard(() => File.ReadAllText(path)).Split(' ', StringSplitOptions.TrimEntries);
        bool isWhole = words is [Mark, _, _] && Guid.TryParse(words[1], out Guid found) && found == store;
        return isWhole && uint.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint epoch) ? epoch : null;
    }

    /// <summary>
    /// Durable when it returns. Less than a sector, written in place; torn all the same, it reads as absent, which is safe.
    /// </summary>
    public void Write(Guid store, uint epoch)
    {
        byte[] line = System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Mark} {store} {epoch:d8}\n"));
        Guard(() => Write(line));
    }

    private bool Write(byte[] line)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        file.Write(line);
        file.SetLength(file.Position);
        file.Flush(flushToDisk: true);
        return true;
    }

    private T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"{path}: cannot read or write the epoch of the store: {fault.Message}", fault);
        }
    }
}
