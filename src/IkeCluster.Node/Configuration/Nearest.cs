namespace IkeCluster.Node.Configuration;

/// <summary>The known word that somebody who typed another one most likely meant.</summary>
internal static class Nearest
{
    /// <summary>Null where nothing is near: more than a third of the letters would have to change.</summary>
    public static string? To(string typed, IEnumerable<string> known)
    {
        (string? best, int bestDistance) = (null, int.MaxValue);
        foreach (string word in known)
        {
            int distance = Distance(typed, word);
            if (distance < bestDistance)
            {
                (best, bestDistance) = (word, distance);
            }
        }

        return bestDistance <= Math.Max(2, typed.Length / 3) ? best : null;
    }

    /// <summary>Letters to insert, delete or change (Levenshtein), one row of the table at a time.</summary>
    private static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int changed = diagonal + (char.ToLowerInvariant(from[i - 1]) == char.ToLowerInvariant(to[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[to.Length];
    }
}
