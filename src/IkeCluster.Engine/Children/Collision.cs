namespace IkeCluster.Engine.Children;

/// <summary>
/// Both sides rekeyed the same SA at once: of the four nonces the lowest names the exchange whose SA is redundant
/// (RFC 7296 §2.8.1, 2.8.2).
/// </summary>
internal static class Collision
{
    /// <summary>The lower of two nonces, octet by octet; where one is the beginning of the other, the shorter.</summary>
    internal static ReadOnlySpan<byte> Lower(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) =>
        one.SequenceCompareTo(other) <= 0 ? one : other;

    /// <summary>True where the exchange of the first two nonces holds the lowest of all, so that its SA has to go.</summary>
    internal static bool IsRedundant(ReadOnlySpan<byte> ni, ReadOnlySpan<byte> nr, ReadOnlySpan<byte> lowestOfRival) =>
        Lower(ni, nr).SequenceCompareTo(lowestOfRival) < 0;
}
