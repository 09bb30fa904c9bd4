namespace IkeCluster.TestKit;

/// <summary>Chance, handed in: fills octets from a seed in a test, from the system in a load generator.</summary>
public delegate void FillRandom(Span<byte> octets);
