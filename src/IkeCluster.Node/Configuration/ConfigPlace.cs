namespace IkeCluster.Node.Configuration;

/// <summary>Where a piece of configuration stands; line and column count from 1, line 0 is a <c>--set</c>.</summary>
internal readonly record struct ConfigPlace(string Source, int Line, int Column)
{
    public override string ToString() => Line == 0 ? Source : $"{Source}:{Line}:{Column}";
}

/// <summary>One fault or warning: <c>FILE:LINE:COL: what is wrong, what would be right</c>.</summary>
internal sealed record ConfigFault(ConfigPlace Place, string What)
{
    public override string ToString() => $"{Place}: {What}";
}
