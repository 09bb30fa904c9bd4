namespace IkeCluster.Engine;

/// <summary>
/// Chance, handed in. Two kinds, so that octets a stranger can read say nothing about those that stay secret.
/// </summary>
public interface IEntropy
{
    /// <summary>For what is visible on the wire: SPIs, nonces, random IVs.</summary>
    void FillPublic(Span<byte> visibleOnTheWire);

    /// <summary>For what never leaves: private values of key exchanges, cookie secrets, salts of rows.</summary>
    void FillSecret(Span<byte> neverLeaves);
}
