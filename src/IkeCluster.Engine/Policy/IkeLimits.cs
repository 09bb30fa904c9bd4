namespace IkeCluster.Engine.Policy;

/// <summary>The <c>limits</c> section, as far as the engine obeys it.</summary>
public sealed record IkeLimits
{
    /// <summary>IKE SAs of one peer's identity, over all connections; 0: as many as it likes.</summary>
    public int SessionsPerIdentity { get; init; }
}
