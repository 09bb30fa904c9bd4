using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace IkeCluster.Store.Sqlite;

/// <summary>
/// Brings a database to this release's schema. The steps are the embedded files <c>NNNN_what.sql</c>, in order; the number
/// of the last one done stands in the file's user_version.
/// </summary>
internal static class SqliteSchema
{
    private const string ResourceMark = ".Schema.";

    public static void Migrate(SqliteConnection connection, string path)
    {
        long found = connection.Ask<long>("PRAGMA user_version");
        List<(int Number, string Resource)> steps = Steps();
        if (found > steps[^1].Number)
        {
            throw new StoreException(
                $"{path}: written by a later release (schema {found}, this release knows {steps[^1].Number}); run that release");
        }

        if (found == 0 && connection.Ask<long>("SELECT count(*) FROM sqlite_schema") > 0)
        {
            throw new StoreException($"{path}: a SQLite database of another program; name another node.data");
        }

        foreach ((int number, string resource) in steps.Where(step => step.Number > found))
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            connection.Do(Read(resource));
            connection.Do($"PRAGMA user_version = {number}");
            transaction.Commit();
        }
    }

    private static List<(int Number, string Resource)> Steps() =>
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.Contains(ResourceMark, StringComparison.Ordinal))
            .Select(name => (NumberOf(name), name))
            .OrderBy(step => step.Item1),
    ];

    private static int NumberOf(string resource)
    {
        int start = resource.IndexOf(ResourceMark, StringComparison.Ordinal) + ResourceMark.Length;
        return int.Parse(resource.AsSpan(start, 4), CultureInfo.InvariantCulture);
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
