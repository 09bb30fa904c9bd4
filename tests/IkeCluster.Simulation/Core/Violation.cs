namespace IkeCluster.Simulation.Core;

/// <summary>A guarantee that did not hold: which checker saw it, when, and what it saw.</summary>
internal sealed record Violation(string Checker, TimeSpan At, string How)
{
    public override string ToString() => $"{Checker} at {At.TotalSeconds:F3} s: {How}";
}
