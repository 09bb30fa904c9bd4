using IkeCluster.Engine;

namespace IkeCluster.EndToEnd.Harness;

/// <summary>For readers only: whoever draws from it has begun to write.</summary>
internal sealed class NoEntropy : IEntropy
{
    public void FillPublic(Span<byte> visibleOnTheWire) => throw new InvalidOperationException("a reader drew entropy");

    public void FillSecret(Span<byte> neverLeaves) => throw new InvalidOperationException("a reader drew entropy");
}
