namespace IkeCluster.Simulation.Core;

/// <summary>How often each thing was reached: a fault that never happens proves nothing.</summary>
internal sealed class Tally
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    public long this[string what] => _counts.GetValueOrDefault(what);

    public void Count(string what, long times = 1) => _counts[what] = this[what] + times;

    public void Add(Tally other)
    {
        foreach ((string what, long times) in other._counts)
        {
            Count(what, times);
        }
    }

    public IEnumerable<string> Missing(IEnumerable<string> needed) => needed.Where(what => this[what] == 0);

    public override string ToString() => string.Join(", ", _counts.Select(count => $"{count.Key} {count.Value}"));
}
