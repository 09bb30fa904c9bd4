using System.Collections.Concurrent;

namespace IkeCluster.Node.Health;

/// <summary>
/// A counter for each set of label values. Label values come from closed vocabularies of ours, never from a peer, and so
/// does their number.
/// </summary>
internal sealed class LabelledCounter(params string[] labels)
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);

    public void Add(params ReadOnlySpan<string> values) => _counts.AddOrUpdate(Text(values), 1, (_, count) => count + 1);

    /// <summary>The series stands at 0 until something is counted: an alarm on its growth needs a first value.</summary>
    public LabelledCounter Begin(params ReadOnlySpan<string> values)
    {
        _counts.TryAdd(Text(values), 0);
        return this;
    }

    private string Text(ReadOnlySpan<string> values)
    {
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < labels.Length; i++)
        {
            text.Append(i == 0 ? "" : ",").Append(labels[i]).Append("=\"").Append(values[i]).Append('"');
        }

        return text.ToString();
    }

    /// <summary>Label text and count, sorted, so that two readings compare.</summary>
    public IEnumerable<(string Labels, long Count)> Read() =>
        _counts.Select(entry => (entry.Key, entry.Value)).OrderBy(entry => entry.Key, StringComparer.Ordinal);
}
