namespace IkeCluster.Node.Configuration;

/// <summary>What reading a configuration found: all faults, not only the first, and what is allowed but unwise.</summary>
internal sealed class ConfigReport
{
    private readonly List<ConfigFault> _faults = [];
    private readonly List<ConfigFault> _warnings = [];

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<ConfigFault> Faults => Sorted(_faults);

    public IReadOnlyList<ConfigFault> Warnings => Sorted(_warnings);

    public bool HasFaults => _faults.Count > 0;

    /// <summary>Every key that a reader obeys, as <c>connections.*.local.auth</c>: schema and reference are held against it.</summary>
    public SortedSet<string> KnownKeys { get; } = new(StringComparer.Ordinal);

    /// <summary>Every key that is refused until a later release, but in its default.</summary>
    public SortedSet<string> LaterKeys { get; } = new(StringComparer.Ordinal);

    public void Fault(ConfigPlace place, string what) => _faults.Add(new ConfigFault(place, what));

    public void Warn(ConfigPlace place, string what) => _warnings.Add(new ConfigFault(place, what));

    private static List<ConfigFault> Sorted(List<ConfigFault> found) =>
        [.. found.Distinct().OrderBy(fault => fault.Place.Line).ThenBy(fault => fault.Place.Column)];
}
